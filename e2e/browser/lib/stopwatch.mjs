// Times in the page, for the figures: from a click or an event of the server to the frame that shows it.

/**
 * @typedef {{clicks: number[], events: number[], painted: Array<{text: string, at: number}>,
 *   frames: number[], shifts: number}} Times
 */

/** Runs in the page before its first script; must not refer to anything outside. */
export function watchTime() {
  /** @type {Times} */
  const times = { clicks: [], events: [], painted: [], frames: [], shifts: 0 };
  Object.assign(window, { times });
  document.addEventListener('click', (event) => times.clicks.push(event.timeStamp), { capture: true });

  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    /** @param {string | URL} url @param {string | string[]} [protocols] */
    constructor(url, protocols) {
      super(url, protocols);
      this.addEventListener('message', ({ data }) => {
        if (String(data).startsWith('42["lifecycle:update"')) times.events.push(performance.now());
      });
    }
  };

  /** @type {Map<Element, string>} */
  const texts = new Map();
  // What is in the document when a frame begins is painted when the task after that frame runs.
  const onPaint = (/** @type {() => void} */ then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = then;
    port2.postMessage(null);
  });
  const badges = 'article [data-badge]';
  const look = (/** @type {Element} */ badge) => {
    const text = badge.textContent ?? '';
    if (texts.get(badge) === text) return;
    texts.set(badge, text);
    onPaint(() => times.painted.push({ text, at: performance.now() }));
  };
  // Only what changed is looked at: a look at every badge for every change would be most of what is measured.
  new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      const changed = (target instanceof Element ? target : target.parentElement)?.closest(badges);
      if (changed) look(changed);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node.matches(badges)) look(node);
        for (const badge of node.querySelectorAll(badges)) look(badge);
      }
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
  new PerformanceObserver((list) => {
    for (const entry of /** @type {any[]} */ (list.getEntries())) times.shifts += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}

/** @param {import('playwright-core').Page} page @returns {Promise<Times>} */
export const timesOf = (page) => page.evaluate(() => /** @type {any} */ (window).times);

/** How long each frame takes for so long, in ms. @param {import('playwright-core').Page} page @param {number} ms @returns {Promise<number[]>} */
export const framesFor = (page, ms) => page.evaluate((length) => new Promise((done) => {
  /** @type {number[]} */
  const frames = [];
  let before = performance.now();
  const end = before + length;
  const step = (/** @type {number} */ now) => {
    frames.push(now - before);
    before = now;
    if (now < end) requestAnimationFrame(step);
    else done(frames.slice(1));
  };
  requestAnimationFrame(step);
}), ms);
