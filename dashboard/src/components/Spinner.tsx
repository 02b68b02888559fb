/** A ring that turns; a still half ring for those who want no motion. Its box is there also while it is not shown. */
export function Spinner({
  shown = true,
  size = 12,
  className = '',
}: {
  shown?: boolean;
  size?: number;
  className?: string;
}) {
  return (
    <span aria-hidden="true" className={`inline-block shrink-0 ${className}`} style={{ width: size, height: size }}>
      {shown && (
        <svg viewBox="0 0 16 16" width={size} height={size} className="spinner block" role="presentation">
          <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeOpacity="0.25" strokeWidth="2.5" />
          <path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" strokeWidth="2.5" strokeLinecap="round" />
        </svg>
      )}
    </span>
  );
}
