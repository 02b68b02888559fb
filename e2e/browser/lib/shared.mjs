// One browser for each test file; each visitor gets a context of its own.
import { after } from 'node:test';
import { launchChromium } from './chromium.mjs';

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let shared;
// Here and not where it is launched: inside of a test, that test's end would be meant.
after(async () => (await shared)?.close());

/** This test file's browser, which ends with it. */
export function sharedChromium() {
  shared ??= launchChromium();
  return shared;
}
