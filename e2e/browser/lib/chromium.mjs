// Chromium as the machine has it. One browser for each test file, a context of its own for each visitor.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

/** @param {string} file */
function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where Chromium lies, as scripts/require-chromium looks for it. */
export function findChromium() {
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM) return CHROMIUM;
  const found = NAMES.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name))).find(executable);
  if (!found) throw new Error('no Chromium: run scripts/require-chromium, or name one in CHROMIUM');
  return found;
}

export const launchChromium = () => chromium.launch({ executablePath: findChromium(), headless: true, args: FLAGS });

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let shared;
// Here and not where it is launched: inside of a test, that test's end would be meant.
after(async () => (await shared)?.close());

/** This test file's browser, which ends with it. */
export function sharedChromium() {
  shared ??= launchChromium();
  return shared;
}
