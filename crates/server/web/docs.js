// Renders /api/openapi.json. Text goes in as text, never as markup.

const TOKEN = 'signalbox.token';
const byId = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

async function load() {
  for (;;) {
    const token = sessionStorage.getItem(TOKEN);
    const answer = await fetch('/api/openapi.json', { headers: token ? { authorization: `Bearer ${token}` } : {} });
    if (answer.status !== 401) return answer.json();
    byId('token-form').hidden = false;
    await new Promise((done) => {
      byId('token-form').addEventListener('submit', (event) => {
        event.preventDefault();
        sessionStorage.setItem(TOKEN, byId('token').value);
        byId('token-form').hidden = true;
        done();
      }, { once: true });
    });
  }
}

/** A schema in a few words, with links to those that have a name. */
function words(schema) {
  if (!schema) return element('span');
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1);
    return element('a', { href: `#schema-${name}` }, name);
  }
  const any = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (any) return joined(any.map(words));
  const types = [schema.type].flat().filter(Boolean);
  if (types.includes('array')) return element('span', {}, 'list of ', words(schema.items), types.includes('null') ? ' or null' : '');
  const list = (schema.enum ?? []).map((one) => JSON.stringify(one)).join(', ');
  return element('span', {}, types.join(' or '), list ? `: ${list}` : '');
}

function joined(parts) {
  const whole = element('span');
  parts.forEach((part, index) => whole.append(index ? ' or ' : '', part));
  return whole;
}

/** Text with its `code` as such. */
function prose(text = '') {
  return element('p', {}, ...text.split('`').map((part, index) => (index % 2 ? element('code', {}, part) : part)));
}

function table(titles, rows) {
  const head = element('tr', {}, ...titles.map((title) => element('th', { scope: 'col' }, title)));
  const body = rows.map((cells) => element('tr', {}, ...cells.map((cell) => element('td', {}, cell))));
  return element('table', {}, element('thead', {}, head), element('tbody', {}, ...body));
}

function call(path, method, operation) {
  const section = element('article', { class: 'call', id: operation.operationId });
  section.append(element('h3', {}, element('span', { class: 'method' }, method.toUpperCase()), ` ${path}`));
  section.append(prose(operation.summary));
  if (operation.description) section.append(prose(operation.description));
  if (operation.parameters?.length) {
    section.append(element('h4', {}, 'Parameters'), table(['Name', 'In', 'What'], operation.parameters.map((one) => [
      element('code', {}, one.name + (one.required ? '' : '?')), one.in, element('span', {}, one.description ?? '', ' (', words(one.schema), ')'),
    ])));
  }
  section.append(element('h4', {}, 'Answers'), table(['Status', 'What', 'Body'], Object.entries(operation.responses).map(([status, answer]) => {
    const [[kind, body] = []] = Object.entries(answer.content ?? {});
    return [element('code', {}, status), answer.description ?? '', kind ? element('span', {}, words(body.schema), ` (${kind})`) : ''];
  })));
  for (const answer of Object.values(operation.responses)) {
    for (const { example } of Object.values(answer.content ?? {})) {
      if (example !== undefined) section.append(element('h4', {}, 'Example'), element('pre', {}, typeof example === 'string' ? example : JSON.stringify(example, null, 2)));
    }
  }
  return section;
}

function schemaSection([name, schema]) {
  const section = element('article', { class: 'schema', id: `schema-${name}` }, element('h3', {}, name), prose(schema.description));
  const rows = Object.entries(schema.properties ?? {}).map(([key, one]) => [element('code', {}, key), words(one), one.description ?? '']);
  if (schema.additionalProperties) rows.push([element('code', {}, 'any other'), words(schema.additionalProperties), 'under its id']);
  section.append(rows.length ? table(['Field', 'Type', 'What'], rows) : words(schema));
  const example = schema.example ?? schema.examples?.[0];
  if (example !== undefined) section.append(element('h4', {}, 'Example'), element('pre', {}, JSON.stringify(example, null, 2)));
  return section;
}

const document_ = await load();
byId('intro').append(prose(`${document_.info.description} Version ${document_.info.version}.`));
const contents = element('ul');
for (const tag of document_.tags) {
  byId('calls').append(element('h2', {}, tag.name), prose(tag.description));
  for (const [path, methods] of Object.entries(document_.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!operation.tags?.includes(tag.name)) continue;
      byId('calls').append(call(path, method, operation));
      contents.append(element('li', {}, element('a', { href: `#${operation.operationId}` }, `${method.toUpperCase()} ${path}`)));
    }
  }
}
byId('contents').append(contents);
byId('schemas').append(element('h2', {}, 'Objects'), ...Object.entries(document_.components.schemas).map(schemaSection));
if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
