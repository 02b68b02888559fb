// The server does what its OpenAPI document says, and nothing else. `make fuzz` tries it for longer.
import { scenario } from '../lib/harness.mjs';
import { heldToItsDocument, PROCESSES } from './lib/schemathesis.mjs';

scenario('every call answers as the document says', { processes: PROCESSES }, async ({ server }) => {
  await heldToItsDocument(server, ['--phases=examples,coverage,fuzzing', '--max-examples=2', '--seed=1'], 100_000);
});
