// An independent reader of /proc: what is really alive, who listens, what is open.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** @param {string} path @returns {Buffer | null} */
function slurp(path) {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/** Every pid of the machine. @returns {number[]} */
export function pids() {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * @param {number} pid
 * @returns {{comm: string, state: string, ppid: number, pgrp: number, session: number, starttime: string} | null}
 */
export function stat(pid) {
  const text = slurp(`/proc/${pid}/stat`)?.toString();
  if (!text) return null;
  const close = text.lastIndexOf(')');
  const rest = text.slice(close + 2).split(' ');
  return {
    comm: text.slice(text.indexOf('(') + 1, close),
    state: rest[0], ppid: Number(rest[1]), pgrp: Number(rest[2]), session: Number(rest[3]), starttime: rest[19],
  };
}

/** Alive: there, and not a zombie that only waits to be reaped. @param {number} pid */
export function alive(pid) {
  const now = stat(pid);
  return now !== null && now.state !== 'Z' && now.state !== 'X';
}

/** @param {number} pid @returns {Map<string, string> | null} */
export function environ(pid) {
  const bytes = slurp(`/proc/${pid}/environ`);
  if (!bytes) return null;
  const pairs = bytes.toString().split('\0').filter((entry) => entry.includes('='));
  return new Map(pairs.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

/** @param {number} pid @returns {string[]} */
export function cmdline(pid) {
  return slurp(`/proc/${pid}/cmdline`)?.toString().split('\0').slice(0, -1) ?? [];
}

/**
 * The living processes whose environment holds all of these values.
 * @param {Record<string, string | number>} wanted
 * @returns {number[]}
 */
export function carrying(wanted) {
  const needles = Object.entries(wanted).map(([key, value]) => Buffer.from(`\0${key}=${value}\0`));
  return pids().filter((pid) => {
    const bytes = slurp(`/proc/${pid}/environ`);
    if (!bytes || bytes.length === 0) return false;
    const framed = Buffer.concat([Buffer.of(0), bytes, Buffer.of(0)]);
    return needles.every((needle) => framed.includes(needle)) && alive(pid);
  });
}

/** Inodes of the sockets that listen on a TCP port, IPv4 and IPv6. @param {number} port @returns {Set<string>} */
export function listeningInodes(port) {
  const inodes = new Set();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const row of (slurp(file)?.toString() ?? '').split('\n').slice(1)) {
      const fields = row.trim().split(/\s+/);
      if (fields[3] === '0A' && parseInt(fields[1].split(':').at(-1) ?? '', 16) === port) inodes.add(fields[9]);
    }
  }
  return inodes;
}

/** What a process's descriptors point at, by number. @param {number} pid @returns {Map<number, string>} */
export function descriptors(pid) {
  const open = new Map();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      try {
        open.set(Number(fd), readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        // Closed between the listing and the look.
      }
    }
  } catch {
    // Gone.
  }
  return open;
}

/** Whether one of these processes holds one of these sockets. @param {number[]} holders @param {Set<string>} inodes */
export function holdsSocket(holders, inodes) {
  return holders.some((pid) => [...descriptors(pid).values()].some((target) => {
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return inode !== undefined && inodes.has(inode);
  }));
}

/** The zombies whose parent is this process. @param {number} parent @returns {number[]} */
export function zombiesOf(parent) {
  return pids().filter((pid) => {
    const now = stat(pid);
    return now?.ppid === parent && now.state === 'Z';
  });
}

/** Whether a process has a handler for a signal by now: before that, the signal would end it. @param {number} pid @param {number} signal */
export function catches(pid, signal) {
  const caught = /^SigCgt:\s+([0-9a-f]+)/m.exec(slurp(`/proc/${pid}/status`)?.toString() ?? '')?.[1] ?? '0';
  return ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

/** Resident memory in bytes. @param {number} pid */
export function residentBytes(pid) {
  const row = /^VmRSS:\s+(\d+) kB/m.exec(slurp(`/proc/${pid}/status`)?.toString() ?? '');
  return row ? Number(row[1]) * 1024 : 0;
}

/** Memory in bytes, each shared page by its share. @param {number} pid */
export function proportionalBytes(pid) {
  const row = /^Pss:\s+(\d+) kB/m.exec(slurp(`/proc/${pid}/smaps_rollup`)?.toString() ?? '');
  return row ? Number(row[1]) * 1024 : 0;
}

/** How many threads a process has. @param {number} pid */
export function threads(pid) {
  const row = /^Threads:\s+(\d+)/m.exec(slurp(`/proc/${pid}/status`)?.toString() ?? '');
  return row ? Number(row[1]) : 0;
}

/**
 * What is known of pids, and since when that is kept, as a pid may come again: whose marker it carries, which process it is
 * of and of which start, or that it is none of ours.
 * @type {{of: Map<number, {marker: string, id: string, generation: number} | null>, since: number}}
 */
const known = { of: new Map(), since: 0 };
const KNOWN_FOR_MS = 5_000;
/** Younger than this it may be between its fork and its exec, with another program's environment. Kernel ticks. */
const YOUNG_TICKS = 200;

/**
 * Everything alive that carries this marker, in one look over /proc.
 * @param {string} marker the value of SIGNALBOX_E2E
 * @param {string} [wanted] of this process alone, which is many times cheaper
 * @returns {Array<{pid: number, id: string | undefined, generation: number}>}
 */
export function census(marker, wanted) {
  if (Date.now() - known.since > KNOWN_FOR_MS) Object.assign(known, { of: new Map(), since: Date.now() });
  const found = [];
  for (const pid of pids()) {
    const one = known.of.get(pid) ?? (known.of.has(pid) ? null : learn(pid, marker));
    const counts = one?.marker === marker && (wanted === undefined || one.id === wanted);
    if (counts && alive(pid)) found.push({ pid, id: one.id, generation: one.generation });
  }
  return found;
}

/** Whose it is, which is kept where it stays so. @param {number} pid @param {string} marker */
function learn(pid, marker) {
  const bytes = slurp(`/proc/${pid}/environ`);
  if (!bytes?.includes(`SIGNALBOX_E2E=${marker}\0`)) {
    if (isOld(pid)) known.of.set(pid, null);
    return null;
  }
  const id = variable(bytes, 'SIGNALBOX_PROCESS_ID');
  const generation = Number(variable(bytes, 'SIGNALBOX_GENERATION'));
  // Whoever says which process he is of says so to his end; the server's fork will, by its exec.
  if (id !== undefined) known.of.set(pid, { marker, id, generation });
  return { marker, id, generation };
}

/** @param {Buffer} bytes an environment @param {string} name @returns {string | undefined} */
function variable(bytes, name) {
  const at = bytes.indexOf(`${name}=`);
  if (at < 0) return undefined;
  const end = bytes.indexOf(0, at);
  return bytes.subarray(at + name.length + 1, end < 0 ? undefined : end).toString();
}

/** @param {number} pid */
function isOld(pid) {
  const uptime = Number(slurp('/proc/uptime')?.toString().split(' ')[0] ?? 0);
  const now = stat(pid);
  return now !== null && uptime * 100 - Number(now.starttime) > YOUNG_TICKS;
}
