// What a directory holds.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** All files in it and below that can be read, which a socket cannot. @param {string} directory @returns {string[]} */
export const files = (directory) => readdirSync(directory).flatMap((name) => {
  const path = join(directory, name);
  const found = statSync(path);
  if (found.isDirectory()) return files(path);
  return found.isFile() ? [path] : [];
});
