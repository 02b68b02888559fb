// Lets a scripted child do its next step (`poke`), once it can be told.
import { readFileSync } from 'node:fs';
import { eventually } from '../../lib/time.mjs';

const SIGUSR2 = 12;

/** @param {number} pid */
function listens(pid) {
  try {
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${caught}`) >> BigInt(SIGUSR2 - 1)) & 1n;
  } catch {
    return 0n;
  }
}

/** @param {import('../../lib/harness.mjs').Server} server @param {string} id */
export async function poke(server, id) {
  const pid = await eventually(async () => {
    const { pid: now } = await server.state(id);
    return now && listens(now) ? now : 0;
  }, `${id} listens for SIGUSR2`);
  process.kill(pid, 'SIGUSR2');
}
