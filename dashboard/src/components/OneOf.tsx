type Props<W extends string> = {
  /** Which of them is shown. */
  word: W;
  /** All that may stand here. */
  words: readonly W[];
};

/** A word that changes in its place: the room is that of the longest one, so that nothing beside it moves. */
export function OneOf<W extends string>({ word, words }: Props<W>) {
  return (
    <span className="grid">
      <span className="col-start-1 row-start-1">{word}</span>
      {words.map((other) => (
        // Its text stands in an attribute, where nobody reads it, selects it or searches for it.
        <span
          key={other}
          aria-hidden="true"
          data-word={other}
          className="invisible col-start-1 row-start-1 h-0 before:content-[attr(data-word)]"
        />
      ))}
    </span>
  );
}
