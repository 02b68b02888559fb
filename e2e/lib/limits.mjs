// What a machine can run out of, for one server alone: disk, descriptors, processes; and a clock that jumps.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Changes a limit of a process that runs, as its own user may.
 * @param {number} pid
 * @param {'nofile' | 'nproc'} what
 * @param {string} value
 * @param {number} [uid]
 */
export function limit(pid, what, value, uid) {
  execFileSync('prlimit', ['--pid', String(pid), `--${what}=${value}`], { uid, gid: uid });
}

/** A root needs no namespace of users to mount something in a namespace of its own. */
const NAMESPACES = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];

/** Why no small disk can be made here, if so. @returns {string | false} */
export function noSmallDisk() {
  try {
    execFileSync('unshare', [...NAMESPACES, 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'this machine allows no mount in a namespace of its own';
  }
}

/** A command before the server's that gives it a disk of its own at `directory`. @param {string} directory @param {string} size */
export const onSmallDisk = (directory, size) => ['unshare', ...NAMESPACES, 'sh', '-c',
  `mount -t tmpfs -o size=${size},mode=0700 none "$0" && exec "$@"`, directory];

/** A command before the server's that hides all control groups from it, as a machine without them does. */
export const WITHOUT_CGROUPS = ['unshare', ...NAMESPACES, 'sh', '-c', 'mount -t tmpfs none /sys/fs/cgroup && exec "$0" "$@"'];

/** A path as a process in a namespace of its own sees it. @param {number} pid @param {string} path */
export const seenBy = (pid, path) => join(`/proc/${pid}/root`, path);

/** Runs a command in the namespaces of a server on a small disk. @param {number} pid @param {string[]} command */
export function inside(pid, ...command) {
  const users = NAMESPACES.includes('--user') ? ['--user', '--preserve-credentials'] : [];
  execFileSync('nsenter', ['--target', String(pid), ...users, '--mount', ...command], { stdio: 'ignore' });
}

/**
 * A wall clock that jumps for those that get `env`; the test's own goes on.
 * @param {string} directory
 * @returns {{env: Record<string, string>, jumpTo: (seconds: number) => void}}
 */
export function jumpingClock(directory) {
  const library = join(directory, 'clock.so');
  const source = fileURLToPath(new URL('../fixtures/clock.c', import.meta.url));
  execFileSync(process.env.CC ?? 'cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
  const file = join(directory, 'clock');
  const jumpTo = (/** @type {number} */ seconds) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: it is mapped.
    writeFileSync(file, bytes, { flag: 'r+' });
  };
  writeFileSync(file, Buffer.alloc(8));
  return { env: { LD_PRELOAD: library, SIGNALBOX_E2E_CLOCK: file }, jumpTo };
}
