// MINUTES of calls to a real server, made from its OpenAPI document: node fuzz/api.mjs --minutes 20
import { parseArgs } from 'node:util';
import { launch, scratch } from '../e2e/lib/harness.mjs';
import { heldToItsDocument, PROCESSES } from '../e2e/clients/lib/schemathesis.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } });
const seconds = Math.ceil(Number(values.minutes) * 60);
const { directory, remove } = await scratch();
const server = await launch({ processes: PROCESSES }, directory);
try {
  await server.listening();
  await server.events();
  // What is under way at the end is finished.
  console.log(await heldToItsDocument(server, [`--max-time=${seconds}`], (seconds + 300) * 1000));
} finally {
  await server.finish();
  await remove();
}
