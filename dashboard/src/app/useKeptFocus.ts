// Who goes by keyboard stays where they were when what had the focus goes away. The browser would begin at the top.
import { useEffect } from 'react';

/** Where something stood: itself and all around it, and in which place of its parent each of these. */
type Step = { element: Element; parent: Element | null; place: number };
type Place = { chain: readonly Step[]; inDialog: boolean };

const ITEM = 'li, tr, article';
const AROUND = 'section, article, dialog';
const REACHABLE = 'a[href], button, input, select, textarea, [tabindex="0"]';

export function useKeptFocus(): void {
  useEffect(() => {
    let last: Place | null = null;
    /** From where the dialog was opened that has the focus. */
    let opener: Place | null = null;
    const onFocus = ({ target }: FocusEvent) => {
      if (!(target instanceof Element)) return;
      const place = placeOf(target);
      if (place.inDialog && last && !last.inDialog) opener = last;
      last = place;
    };
    const look = () => {
      const lost = last?.inDialog && isGone(last) ? opener : last;
      if (document.activeElement !== document.body || !lost || !isGone(lost)) return;
      last = null;
      // A page that is gone to takes the focus by itself, in the same frame.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) focus(neighbourOf(lost));
      });
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true });
    document.addEventListener('focusin', onFocus);
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', onFocus);
    };
  }, []);
}

function placeOf(target: Element): Place {
  const chain: Step[] = [];
  for (let at: Element | null = target; at; at = at.parentElement) {
    const parent: Element | null = at.parentElement;
    chain.push({ element: at, parent, place: parent ? [...parent.children].indexOf(at) : 0 });
  }
  return { chain, inDialog: target.closest('dialog') !== null };
}

const isGone = ({ chain }: Place) => chain[0]?.element.isConnected === false;

/** The same in the next item; where there is none, the heading of what it was in; else the page. */
function neighbourOf({ chain }: Place): Element | null {
  const gone = chain.filter(({ element }) => !element.isConnected);
  const item = gone.find(({ element, parent }) => element.matches(ITEM) && parent?.isConnected);
  const next = item && nextOf(item);
  if (item && next && chain[0]) return counterpartOf(chain[0].element, item.element, next);
  const around = chain.find(({ element }) => element.isConnected)?.element.closest(AROUND);
  return around?.querySelector('h1, h2') ?? document.querySelector('main');
}

/** Of the items that can be reached, that in its place, else the last one. */
function nextOf({ parent, place }: Step): Element | undefined {
  const items = [...(parent?.children ?? [])].filter((one) => one.matches(ITEM) && one.querySelector(REACHABLE));
  return items.find((one) => [...(parent?.children ?? [])].indexOf(one) >= place) ?? items.at(-1);
}

function counterpartOf(target: Element, item: Element, next: Element): Element | null {
  const at = [...item.querySelectorAll(REACHABLE)].indexOf(target);
  const all = next.querySelectorAll(REACHABLE);
  return all[Math.min(Math.max(at, 0), all.length - 1)] ?? null;
}

function focus(element: Element | null): void {
  if (!(element instanceof HTMLElement)) return;
  if (!element.matches(REACHABLE) && !element.hasAttribute('tabindex')) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
