/** A signal post: two lamps, the lower one lit. */
export function Logo() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" className="shrink-0">
      <rect x="5" y="1" width="14" height="22" rx="7" className="fill-text" />
      <circle cx="12" cy="8" r="3" className="fill-surface opacity-25" />
      <circle cx="12" cy="16" r="3.4" className="fill-good-fill" />
    </svg>
  );
}
