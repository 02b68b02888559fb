// The auditor inside the server: it looks at what is announced by itself, and says what it found.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { child, nested, scenario, SLEEP } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';

/** The value of a figure. @param {string} text @param {string} name */
const figure = (text, name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);

scenario('what is so is verified for whoever asks, in every state', {
  processes: {
    idle: { command: SLEEP },
    serving: { command: child('listen'), port: 'free' },
    wrapped: { command: child(nested('detached', 'listen'), 'wait:600000'), port: 'free' },
    failed: { command: ['false'], ready: { stdout: 'never' } },
    stopping: { command: child('ignore:TERM', 'say:up'), ready: { stdout: 'up' }, stop: { timeout: '3s' } },
    starting: { command: SLEEP, ready: { stdout: 'never' } },
  },
}, async ({ server, events }) => {
  for (const id of ['serving', 'wrapped', 'stopping']) {
    await server.order('start', id);
    await events.expect(id, 'starting', 'running');
  }
  for (const id of ['failed', 'starting']) await server.order('start', id);
  await events.expect('failed', 'starting', 'error');
  await server.order('stop', 'stopping');
  await events.expect('stopping', 'stopping');
  const audit = await server.get('/api/audit');
  assert.deepEqual([audit.violations, audit.last], [0, []]);
  assert.ok(audit.checks >= 6, `${audit.checks} checks`);
  assert.ok(audit.age >= 0 && audit.age < 20, `${audit.age} s old`);
  assert.ok(Math.abs(Date.now() - audit.verifiedAt) < 60_000);
  for (let asked = 0, { verifiedAt } = audit; asked < 20; asked += 1) {
    const later = await server.get('/api/audit');
    assert.ok(later.verifiedAt >= verifiedAt, 'no look is taken back');
    ({ verifiedAt } = later);
  }
});

scenario('figures: checks, violations, the lag and the age of the last look', {
  processes: { a: { command: SLEEP } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const { text } = await server.call('/metrics');
  assert.ok(figure(text, 'signalbox_truth_checks_total') > 0, text);
  assert.equal(figure(text, 'signalbox_truth_violations_total'), 0);
  assert.ok(figure(text, 'signalbox_truth_verified_age_seconds') < 20);
  assert.ok(figure(text, 'signalbox_truth_lag_seconds_count') >= 0, 'a histogram');
});

scenario('a storm of kills is announced as it is', {
  processes: { a: { command: child('listen', 'say:up'), port: 'free', restart: { policy: 'always', max: 1000, backoff: '10ms', backoff_max: '20ms' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  for (let round = 0; round < 10; round += 1) {
    const { pid } = await events.reach('a', 'running');
    process.kill(pid, 'SIGKILL');
    await server.get('/api/audit');
  }
  await events.reach('a', 'running');
  assert.equal((await server.get('/api/audit')).violations, 0);
});

scenario('one that was announced as ended and seems to live raises the alarm', {
  processes: { a: { command: SLEEP } },
}, async ({ server, events, t }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
  const { epoch, seq } = await server.get('/api/proxy/status');
  // Nobody's child, with the marks of one: what the supervisor cannot know, the auditor sees.
  const env = { PATH: process.env.PATH, SIGNALBOX_INSTANCE: epoch, SIGNALBOX_PROCESS_ID: 'a', SIGNALBOX_GENERATION: '1' };
  const stray = spawn('sleep', ['100000'], { env, stdio: 'ignore' });
  t.after(() => stray.kill('SIGKILL'));
  const audit = await eventually(async () => {
    const now = await server.get('/api/audit');
    return now.violations > 0 && now;
  }, 'the alarm');
  assert.deepEqual(audit.last, [{ process: 'a', seq, state: 'stopped', what: `pid ${stray.pid} of generation 1 is alive` }]);
  await eventually(() => server.stderr.includes('audit: what was announced is not so'), 'the alarm in the log');
  assert.equal(figure((await server.call('/metrics')).text, 'signalbox_truth_violations_total'), 1);
  stray.kill('SIGKILL');
  await eventually(async () => /^signalbox_truth_lag_seconds_count 1$/m.test((await server.call('/metrics')).text), 'the lag, once it is over');
});
