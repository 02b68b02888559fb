// Text without what it says to a terminal.

/** What sets colours and styles: the one kind of sequence that is shown. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const STYLES = /\u001b\[[\d;]*m/g;

/** All sequences that begin with an escape, whole ones first, then what is left of broken ones. */
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: see above
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]|\u001b/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const CONTROLS = /[\u0000-\u0008\u000a-\u001a\u001c-\u001f\u007f]/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ANY = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Only colours and styles are left; of a line that was written over, what was to be seen last. */
export function styled(text: string): string {
  if (!ANY.test(text)) return text;
  const whole = text.replace(/\r+$/, '');
  const seen = whole.slice(whole.lastIndexOf('\r') + 1);
  return seen.replace(SEQUENCES, (sequence) => (isStyle(sequence) ? sequence : '')).replace(CONTROLS, '');
}

/** The text alone, as it is searched, copied and downloaded. */
export function plain(text: string): string {
  return ANY.test(text) ? styled(text).replace(STYLES, '') : text;
}

const isStyle = (sequence: string) => sequence.replace(STYLES, '') === '';
