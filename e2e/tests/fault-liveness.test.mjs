// Liveness: so many failures in a row, then it is ended and in `error`.
import assert from 'node:assert/strict';
import { child, scenario } from '../lib/harness.mjs';

const liveness = { http: '/health', interval: '200ms', timeout: '300ms', failures: 3 };

for (const [what, ...steps] of [['answers nothing', 'hang'], ['answers 500', 'status:500']]) {
  scenario(`it ${what}`, {
    processes: { a: { command: child('serve', 'poke', ...steps), port: 'free', liveness } },
  }, async ({ server, events }) => {
    await server.order('start', 'a');
    const { pid } = await events.expect('a', 'starting', 'running');
    await events.quiet('a', 1000);
    process.kill(pid, 'SIGUSR2');
    const failed = await events.expect('a', 'stopping', 'error');
    assert.match(failed.error, /^Not responding: \S/);
    assert.equal(failed.cause, 'not_responding');
    assert.equal(failed.exit.requested, false);
  });
}

scenario('one failure, then a success: it stays running', {
  processes: {
    a: { command: child('serve', 'poke', 'status:500', 'wait:250', 'status:200', 'poke', 'exit:9'), port: 'free', liveness: { ...liveness, failures: 5 } },
  },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  process.kill(pid, 'SIGUSR2');
  await events.quiet('a', 1500);
  process.kill(pid, 'SIGUSR2');
  assert.equal((await events.expect('a', 'error')).error, 'Process exited with code 9');
});

scenario('a process that failed its liveness is restarted', {
  processes: { a: { command: child('serve', 'poke', 'hang'), port: 'free', liveness, restart: { policy: 'on-failure', backoff: '50ms' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  process.kill(pid, 'SIGUSR2');
  await events.expect('a', 'stopping', 'error');
  const running = await events.expect('a', 'starting', 'running');
  assert.equal(running.generation, 2);
  assert.equal(running.restarts, 1);
});
