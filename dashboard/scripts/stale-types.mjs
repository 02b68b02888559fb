// Fails when src/api/schema.ts is not what the server's OpenAPI document says.
import { readFileSync } from 'node:fs';
import openapi, { astToString, COMMENT_HEADER } from 'openapi-typescript';

const document = new URL('../../crates/server/openapi.json', import.meta.url);
const generated = new URL('../src/api/schema.ts', import.meta.url);

const fresh = COMMENT_HEADER + astToString(await openapi(document));
if (fresh !== readFileSync(generated, 'utf8')) {
  console.error('src/api/schema.ts is older than crates/server/openapi.json: run `npm run types` and commit it.');
  process.exit(1);
}
