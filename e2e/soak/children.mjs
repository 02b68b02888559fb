// The children of the soak: each is a kind of trouble.
import { child, nested, SLEEP } from '../lib/harness.mjs';

/** A random number of the shell, 0 to 255. */
const RANDOM = '$(od -An -N1 -tu1 /dev/urandom | tr -d " ")';
const quick = { policy: 'on-failure', max: 1000, window: '1s', backoff: '20ms', backoff_max: '300ms' };
const impatient = { timeout: '300ms' };

/** @type {Record<string, Record<string, any>>} */
const KINDS = {
  sleeper: { command: SLEEP, restart: quick },
  shell: { command: 'echo up; sleep 100000; :', ready: { stdout: 'up' }, stop: impatient, restart: quick },
  follower: { command: 'echo up; exec sleep 100000', ready: { stdout: 'up' }, after: ['sleeper', 'shell'], restart: quick },
  server: { command: child('listen', 'say:up'), port: 'free', stop: impatient, restart: quick },
  web: {
    command: child('serve'), port: 'free', ready: { http: '/' }, stop: impatient, restart: quick,
    liveness: { http: '/', interval: '500ms', timeout: '1s', failures: 3 },
  },
  wrapper: { command: child(nested('child', 'listen'), 'wait:100000000'), port: 'free', stop: impatient, restart: quick },
  hidden: {
    command: child(nested('detached', 'ignore:TERM', 'listen', 'say:up'), 'wait:100000000'), port: 'free',
    ready: { stdout: 'up' }, stop: impatient, restart: quick,
  },
  deaf: { command: 'trap "" TERM INT HUP; echo up; while :; do sleep 1; done', ready: { stdout: 'up' }, stop: impatient, restart: quick },
  litter: { command: 'for i in 1 2 3; do (setsid sh -c \'trap "" TERM; sleep 100000; :\' &); done; echo up; sleep 100000', ready: { stdout: 'up' }, stop: impatient, restart: quick },
  crasher: { command: `echo up; sleep 0.${RANDOM}; exit $((${RANDOM} % 3))`, ready: { stdout: 'up' }, stop: impatient, restart: { ...quick, policy: 'always' } },
  late: { command: `sleep 0.${RANDOM}; echo up; sleep 100000`, ready: { stdout: 'up', timeout: '300ms' }, stop: impatient, restart: { ...quick, max: 3 } },
  stillborn: { command: `exit $((${RANDOM} % 4))`, ready: { stdout: 'up' }, restart: { ...quick, max: 3 } },
  missing: { command: ['no-such-program-anywhere'] },
  flood: {
    command: 'while :; do seq 1 5000; sleep 1; done', ready: { stdout: '5000' }, stop: impatient, restart: quick,
  },
  loud: { command: 'while :; do echo noise; echo more noise >&2; sleep 0.01; done', ready: { stdout: 'noise' }, stop: impatient, restart: quick },
};

/** Of a process of this kind, which number it has. @param {string} kind @param {number} round */
const named = (kind, round) => (round === 0 ? kind : `${kind}${round + 1}`);

/**
 * So many children, of each kind as many as there can be.
 * @param {number} count
 * @returns {Record<string, Record<string, any>>}
 */
export function children(count) {
  const kinds = Object.keys(KINDS);
  return Object.fromEntries(Array.from({ length: count }, (_, index) => {
    const [kind, round] = [kinds[index % kinds.length], Math.floor(index / kinds.length)];
    const after = KINDS[kind].after?.map((/** @type {string} */ one) => named(one, round));
    return [named(kind, round), { ...KINDS[kind], after }];
  }));
}

/** How many kinds there are. */
export const ALL_KINDS = Object.keys(KINDS).length;
