// It ends before it was ready: an error, whatever the code.
import assert from 'node:assert/strict';
import { child, scenario } from '../lib/harness.mjs';

for (const code of [0, 1, 3, 255]) {
  scenario(`exit ${code} during startup`, {
    processes: { a: { command: ['sh', '-c', `echo one; echo two >&2; exit ${code}`], ready: { stdout: 'never said' } } },
  }, async ({ server, events }) => {
    await server.order('start', 'a');
    const failed = await events.expect('a', 'starting', 'error');
    assert.equal(failed.error, `Process exited with code ${code} during startup`);
    assert.equal(failed.cause, 'exited_during_startup');
    assert.equal(failed.exit.code, code);
    assert.equal(failed.exit.signal, null);
    assert.equal(failed.exit.requested, false);
    assert.equal(typeof failed.exit.time, 'number');
    assert.equal(failed.generation, 1);
    const said = failed.output.toSorted((/** @type {any} */ a, /** @type {any} */ b) => a.text.localeCompare(b.text));
    assert.deepEqual(said, [{ stream: 'stdout', text: 'one' }, { stream: 'stderr', text: 'two' }]);
  });
}

for (const [name, number] of Object.entries({ KILL: 9, SEGV: 11, TERM: 15, ABRT: 6 })) {
  scenario(`SIG${name} during startup`, {
    processes: { a: { command: ['sh', '-c', `kill -${name} $$; sleep 100`], ready: { stdout: 'never said' } } },
  }, async ({ server, events }) => {
    await server.order('start', 'a');
    const failed = await events.expect('a', 'starting', 'error');
    assert.equal(failed.error, `Process killed by signal ${number} (SIG${name}) during startup`);
    assert.equal(failed.cause, 'killed_during_startup');
    assert.equal(failed.exit.code, null);
    assert.equal(failed.exit.signal, `SIG${name}`);
    assert.equal(failed.exit.requested, false);
  });
}

scenario('the last five lines come with the error, an unfinished one too', {
  processes: { a: { command: ['sh', '-c', 'for i in 1 2 3 4 5 6 7; do echo line $i; done; printf tail >&2; exit 2'], ready: { stdout: 'never' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { output } = await events.expect('a', 'starting', 'error');
  assert.equal(output.length, 5);
  assert.ok(output.some((/** @type {any} */ line) => line.stream === 'stderr' && line.text === 'tail'), JSON.stringify(output));
  const rest = output.filter((/** @type {any} */ line) => line.stream === 'stdout').map((/** @type {any} */ line) => line.text);
  assert.deepEqual(rest, ['line 4', 'line 5', 'line 6', 'line 7']);
});

scenario('the output belongs to this generation alone', {
  processes: { a: { command: ['sh', '-c', 'echo gen $SIGNALBOX_GENERATION; exit 1'], ready: { stdout: 'never' } } },
}, async ({ server, events }) => {
  for (const generation of [1, 2, 3]) {
    await server.order('start', 'a');
    const failed = await events.expect('a', 'starting', 'error');
    assert.equal(failed.generation, generation);
    assert.deepEqual(failed.output, [{ stream: 'stdout', text: `gen ${generation}` }]);
  }
});

scenario('it ends while a descendant holds its pipe: told at once', {
  processes: { a: { command: child('detached:["wait:60000"]', 'exit:4'), ready: { stdout: 'never' }, stop: { timeout: '1s' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const failed = await events.reach('a', 'error');
  assert.equal(failed.error, 'Process exited with code 4 during startup');
  assert.deepEqual(server.offspring(), []);
});
