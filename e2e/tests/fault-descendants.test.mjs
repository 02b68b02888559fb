// What a process started hides in every way there is, deaf to SIGTERM: it is named, ended, and gone before `stopped`.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { child, nested, scenario } from '../lib/harness.mjs';
import { alive, stat } from '../lib/proc.mjs';
import { eventually } from '../lib/time.mjs';

/** How it hides, as steps of the leader, and what is true of it then. */
const WAYS = {
  'a plain grandchild': {
    steps: (/** @type {string} */ file) => [nested('child', 'ignore:TERM', `pid:${file}`)],
    hidden: (/** @type {number} */ pid, /** @type {number} */ leader) => stat(pid)?.pgrp === leader,
  },
  'a grandchild in a new session': {
    steps: (/** @type {string} */ file) => [nested('detached', 'ignore:TERM', `pid:${file}`)],
    hidden: (/** @type {number} */ pid) => stat(pid)?.session === pid,
  },
  'a daemon that forked twice': {
    steps: (/** @type {string} */ file) => [nested('detached', nested('detached', 'ignore:TERM', `pid:${file}`), 'exit:0')],
    hidden: (/** @type {number} */ pid, /** @type {number} */ leader) => stat(pid)?.ppid !== leader && stat(pid)?.session === pid,
  },
  'a grandchild whose parent is gone': {
    steps: (/** @type {string} */ file) => [nested('child', nested('child', 'ignore:TERM', `pid:${file}`), 'exit:0')],
    hidden: (/** @type {number} */ pid, /** @type {number} */ leader) => stat(pid)?.ppid !== leader && stat(pid)?.pgrp === leader,
  },
  'a grandchild under another name': {
    steps: (/** @type {string} */ file) => [nested('detached', 'name:sshd', 'ignore:TERM', `pid:${file}`)],
    hidden: (/** @type {number} */ pid) => stat(pid)?.comm === 'sshd',
  },
  'a grandchild without our environment and without our pipes': {
    steps: (/** @type {string} */ file) => [nested('child', nested('naked', 'ignore:TERM', `pid:${file}`), 'wait:500', 'exit:0')],
    hidden: (/** @type {number} */ pid, /** @type {number} */ leader) => stat(pid)?.ppid !== leader,
  },
};

for (const [what, { steps, hidden }] of Object.entries(WAYS)) {
  scenario(what, (directory) => ({
    processes: { a: { command: child(...steps(`${directory}/hidden`), 'say:up'), ready: { stdout: 'up' }, stop: { timeout: '500ms' } } },
  }), async ({ server, events, directory, t }) => {
    await server.order('start', 'a');
    const leader = (await events.expect('a', 'starting', 'running')).pid;
    const pid = Number(await eventually(() => readFile(`${directory}/hidden`, 'utf8').catch(() => ''), 'its pid'));
    t.after(() => alive(pid) && process.kill(pid, 'SIGKILL'));
    await eventually(() => hidden(pid, leader), 'its hiding');
    await server.order('stop', 'a');
    const { survivors } = await events.expect('a', 'stopping');
    assert.ok(survivors.some((/** @type {any} */ one) => one.pid === pid && one.name === stat(pid)?.comm), JSON.stringify(survivors));
    await events.expect('a', 'stopped');
    assert.equal(alive(pid), false, 'gone when stopped is announced');
  });
}
