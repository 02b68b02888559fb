// What the page showed, from before its first line of script on: every text of every badge and of the status bar's
// lifecycle part, everything said to screen readers, every layout shift, every breach of the page's policy.

/**
 * @typedef {{
 *   badges: Record<string, string[]>, bar: string[], said: Array<{manner: string, text: string}>,
 *   shifts: Array<{value: number, time: number, what: string[]}>, breaches: string[],
 *   shown: Array<{name: string, text: string, time: number}>, clicks: number[],
 * }} Seen
 */

/** Runs in the page; must not refer to anything outside. */
export function record() {
  /** @type {Seen} */
  const seen = { badges: {}, bar: [], said: [], shifts: [], breaches: [], shown: [], clicks: [] };
  Object.assign(window, { seen });

  /** @param {Element} element */
  const nameOf = (element) => element.getAttribute('aria-label')
    ?? document.getElementById(element.getAttribute('aria-labelledby') ?? '')?.textContent?.trim() ?? '';
  /** @param {string[]} list @param {string} name @param {string} text */
  const note = (list, name, text) => {
    if (list.at(-1) === text) return;
    list.push(text);
    seen.shown.push({ name, text, time: performance.now() });
  };
  const look = () => {
    for (const row of document.querySelectorAll('article, [role="row"]')) {
      const badge = row.querySelector('[data-badge]');
      const name = nameOf(row);
      if (badge) note(seen.badges[name] ??= [], name, (badge.textContent ?? '').trim());
    }
    const bar = document.querySelector('[aria-label="Status"] [role="status"]');
    if (bar) note(seen.bar, 'status bar', (bar.textContent ?? '').trim());
  };
  /** How an element that appears is announced. @param {Node} node */
  const mannerOf = (node) => {
    const region = (node instanceof Element ? node : node.parentElement)?.closest('[aria-live], [role="status"], [role="alert"], [role="log"]');
    if (!region) return 'off';
    const implied = region.getAttribute('role') === 'alert' ? 'assertive' : 'polite';
    return region.getAttribute('aria-live') ?? implied;
  };
  /** @param {MutationRecord[]} mutations */
  const listen = (mutations) => {
    for (const { target, addedNodes, type } of mutations) {
      for (const node of type === 'characterData' ? [target] : addedNodes) {
        const manner = mannerOf(target);
        const text = (node.textContent ?? '').trim();
        if (manner !== 'off' && text !== '') seen.said.push({ manner, text });
      }
    }
  };
  new MutationObserver((mutations) => { look(); listen(mutations); })
    .observe(document, { subtree: true, childList: true, characterData: true });

  document.addEventListener('securitypolicyviolation', (event) => {
    seen.breaches.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ''}:${event.lineNumber}`);
  });
  document.addEventListener('click', (event) => seen.clicks.push(event.timeStamp), { capture: true });
  new PerformanceObserver((list) => {
    for (const entry of /** @type {any[]} */ (list.getEntries())) {
      const what = entry.sources.map((/** @type {any} */ source) => source.node?.outerHTML?.slice(0, 200) ?? String(source.node?.textContent));
      seen.shifts.push({ value: entry.value, time: entry.startTime, what });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** @param {import('playwright-core').Page} page @returns {Promise<Seen>} */
export const seenBy = (page) => page.evaluate(() => /** @type {any} */ (window).seen);

/** The texts without the nothing that there was before the first one. @param {string[]} texts */
export function shown(texts = []) {
  return texts.slice(texts.findIndex((text) => text !== ''));
}
