// Just enough TOML to write a configuration from an object.

/** @param {unknown} value @returns {string} */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    return `{ ${Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)} = ${literal(inner)}`).join(', ')} }`;
  }
  return JSON.stringify(value);
}

const DOTTED = new Set(['ready', 'stop', 'restart', 'liveness', 'logs']);

/** @param {Record<string, unknown>} table */
function body(table) {
  return Object.entries(table).filter(([, value]) => value !== undefined).flatMap(([key, value]) => (
    DOTTED.has(key) && value !== null && typeof value === 'object'
      ? Object.entries(value).map(([inner, plain]) => `${key}.${inner} = ${literal(plain)}`)
      : [`${key} = ${literal(value)}`]
  ));
}

/**
 * @param {{server?: Record<string, unknown>, processes?: Record<string, Record<string, unknown>>}} config
 * @returns {string}
 */
export function toml({ server, processes = {} }) {
  const lines = server ? ['[server]', ...body(server), ''] : [];
  for (const [id, table] of Object.entries(processes)) lines.push(`[process.${id}]`, ...body(table), '');
  return `${lines.join('\n')}\n`;
}
