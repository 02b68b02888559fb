// Chromium as the machine has it.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
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

/** @param {string[]} [more] further flags */
export const launchChromium = (more = []) => chromium.launch({ executablePath: findChromium(), headless: true, args: [...FLAGS, ...more] });
