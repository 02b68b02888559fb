// What a server takes, in figures, and whether they grow.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { descriptors, proportionalBytes, threads } from '../lib/proc.mjs';

const MIB = 1024 * 1024;

/**
 * Control groups are kept for the next start of a process, each as a directory and its events file. One that is not
 * yet empty when its process starts again needs a successor, so under a storm there are a few for each process; what
 * counts is that they stay few however long the storm lasts: four for each process.
 */
export const GROUP_DESCRIPTORS_EACH = 2 * 4;

/**
 * @typedef {{memory: number, threads: number, descriptors: number, groups: number, tasks: number, files: number,
 *   journal: number, logs: number, rest: number}} Figures
 */

/**
 * How much more a figure may be in the last quarter of a run than in the second one, and why so much.
 * @type {Record<keyof Figures, {title: string, slack: number, scale?: number}>}
 */
export const FIGURES = {
  // The allocator's pages move by some hundred kB; 16 bytes lost in each of 50,000 cycles would be 0.8 MB.
  memory: { title: 'memory MB', slack: 0.75 * MIB, scale: MIB },
  // Those that do what blocks are made as they are needed and stay, 16 at most.
  threads: { title: 'threads', slack: 4 },
  descriptors: { title: 'descriptors', slack: 0 },
  // Of control groups: one that was not given back in time needs a successor; both are used again.
  groups: { title: 'of groups', slack: 4 },
  tasks: { title: 'tasks', slack: 0 },
  files: { title: 'files', slack: 0 },
  // A side file is between empty and full, 4 MB, at any time; so is what was let go to make room.
  journal: { title: 'journal MB', slack: 5 * MIB, scale: MIB },
  // Each process has a file that is between empty and full.
  logs: { title: 'logs MB', slack: 4 * MIB, scale: MIB },
  // The other databases, and the ledger: nothing here is about them.
  rest: { title: 'rest MB', slack: 64 * 1024, scale: MIB },
};

/** @typedef {keyof typeof FIGURES} Name */
const NAMES = /** @type {Name[]} */ (Object.keys(FIGURES));

/** How many descriptors a server has open: those of control groups, and all others. @param {number} pid */
export function descriptorCounts(pid) {
  const open = [...descriptors(pid).values()];
  const groups = open.filter((target) => target.startsWith('/sys/fs/cgroup/')).length;
  return { groups, other: open.length - groups };
}

/**
 * What a server takes now.
 * @param {{pid: number, dataDir: string}} server
 * @param {string} metrics what its /metrics says
 * @returns {Figures}
 */
export function figures(server, metrics) {
  const { groups, other } = descriptorCounts(server.pid);
  const files = filesIn(server.dataDir);
  const bytes = (/** @type {(name: string) => boolean} */ which) =>
    files.filter(({ name }) => which(name)).reduce((sum, file) => sum + file.bytes, 0);
  const isJournal = (/** @type {string} */ name) => name.startsWith('signalbox.db');
  const isLog = (/** @type {string} */ name) => name.startsWith('logs/');
  return {
    memory: proportionalBytes(server.pid), threads: threads(server.pid), descriptors: other, groups,
    tasks: Number(/^signalbox_tasks (\d+)/m.exec(metrics)?.[1]), files: files.length,
    journal: bytes(isJournal), logs: bytes(isLog), rest: bytes((name) => !isJournal(name) && !isLog(name)),
  };
}

/** @param {string} directory @returns {Array<{name: string, bytes: number}>} */
function filesIn(directory) {
  return readdirSync(directory, { recursive: true }).flatMap((name) => {
    const found = statSync(join(directory, String(name)), { throwIfNoEntry: false });
    return found?.isFile() ? [{ name: String(name), bytes: found.size }] : [];
  });
}

/** A line of the table. @param {string} first @param {Figures} of */
export function row(first, of) {
  const cells = NAMES.map((name) => {
    const { scale } = FIGURES[name];
    return (scale === undefined ? String(of[name]) : (of[name] / scale).toFixed(2)).padStart(FIGURES[name].title.length);
  });
  return [first.padStart(8), ...cells].join('  ');
}

export const HEAD = ['cycles'.padStart(8), ...NAMES.map((name) => FIGURES[name].title)].join('  ');

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/**
 * Which figures grow, in a sentence each: the median of the last quarter against that of the second one, before which
 * all that is kept for later (rings, caches, files up to their limit) has been filled.
 * @param {Figures[]} samples in their order
 * @returns {string[]}
 */
export function growth(samples) {
  const quarter = Math.floor(samples.length / 4);
  const [second, last] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  return NAMES.flatMap((name) => {
    const { title, slack, scale = 1 } = FIGURES[name];
    const [before, after] = [second, last].map((part) => median(part.map((sample) => sample[name])));
    const said = (/** @type {number} */ value) => (value / scale).toFixed(scale === 1 ? 0 : 2);
    return after - before <= slack ? [] : [`${title} grew from ${said(before)} to ${said(after)}, ${said(slack)} more are allowed`];
  });
}
