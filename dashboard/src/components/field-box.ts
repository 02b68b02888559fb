/** The look of what can be typed into or chosen from. */
export const BOX =
  'h-8 w-full rounded-md border border-line-strong bg-surface px-2.5 text-sm text-text placeholder:text-muted ' +
  'aria-invalid:border-bad-fill pointer-coarse:h-11 pointer-coarse:text-lg';

/** The size of a button within such a box. */
export const IN_BOX = 'h-6! w-6! pointer-coarse:h-10! pointer-coarse:w-10!';
