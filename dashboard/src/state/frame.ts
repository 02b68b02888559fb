// What is seen comes first: a click is shown before what it sets in motion takes the processor.

/** A page that is not drawn at present draws no frame either; then this long, in ms. */
const PATIENCE_MS = 50;

/** Resolves once what was changed just now has been handed to the screen. */
export function nextFrame(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, PATIENCE_MS);
  });
}
