// The figures as a table of Markdown, like those of the benchmark in Rust.

/**
 * @typedef {{name: string, unit: string, value: number | undefined, p95?: number, atMost?: number}} Row
 */

/** @param {number[]} values @param {number} share @returns {number | undefined} */
export function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Median and p95. @param {string} name @param {string} unit @param {number[]} values @param {number} [atMost] @returns {Row} */
export const spread = (name, unit, values, atMost) => ({ name, unit, value: quantile(values, 0.5), p95: quantile(values, 0.95), atMost });

/** With as many digits as it can be trusted for. @param {number | undefined} value */
function shown(value) {
  if (value === undefined) return '';
  if (Number.isInteger(value)) return String(value);
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 1 ? 2 : 3);
}

/** @param {Row} row */
const cells = ({ name, unit, value, p95, atMost }) => [name, unit, shown(value), shown(p95),
  atMost === undefined ? '' : `≤ ${shown(atMost)}`,
  atMost === undefined || value === undefined ? '' : value <= atMost ? 'ok' : 'MISS'];

/** @param {Row[]} rows */
export function table(rows) {
  const lines = [['figure', 'unit', 'median', 'p95', 'target', ''], ...rows.map(cells)];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
  return [text[0], `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...text.slice(1)].join('\n');
}
