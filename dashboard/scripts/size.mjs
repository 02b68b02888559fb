// Holds the first load to its budget: what index.html names, and what that imports at once, as sent by gzip.
import { readFileSync, statSync } from 'node:fs';

const BUDGET = { js: 120 * 1024, css: 12 * 1024 };
const dist = new URL('../dist/', import.meta.url);

const html = readFileSync(new URL('index.html', dist), 'utf8');
const named = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);

let failed = false;
for (const kind of ['js', 'css']) {
  const files = named.filter((name) => name.endsWith(`.${kind}`));
  const bytes = files.reduce((sum, name) => sum + statSync(new URL(`${name}.gz`, dist)).size, 0);
  console.log(`first load, ${kind}: ${(bytes / 1024).toFixed(1)} KB of ${BUDGET[kind] / 1024} KB (gzip)`);
  failed ||= bytes > BUDGET[kind] || files.length === 0;
}
if (failed) {
  console.error('The first load is over its budget: load what is not needed at once lazily.');
  process.exit(1);
}
