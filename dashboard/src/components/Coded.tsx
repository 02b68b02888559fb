/** A text in which the server marks names by backticks: `like this`. */
export function Coded({ text }: { text: string }) {
  const parts = text.split('`');
  // Without a partner, a backtick is only one.
  if (parts.length % 2 === 0) return text;
  return parts.map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text do not change places
      <code key={at} className="font-mono">
        {part}
      </code>
    ),
  );
}
