// The line under a process: why its state is what it is, from what the server said of it. Pure.
import type { Evidence, Exit, Process } from '@/api/types.ts';
import { clockSecondsOf, durationOf, millisOf } from '@/components/format.ts';
import type { View } from '@/state/select.ts';

export type Surroundings = {
  /** The server's time. */
  now: number;
  /** Titles of those that it waits for. */
  waitsFor: readonly string[];
};

export function detailOf({ process, state }: View, { now, waitsFor }: Surroundings): string {
  // What was ordered a moment ago has no reason yet.
  if (state !== process.state) return '';
  switch (state) {
    case 'stopped':
      return process.generation === 0 ? 'Not started yet' : endAndTimeOf(process.exit);
    case 'starting':
      return joined(process.detail, startOf(process, waitsFor, now));
    case 'running':
      return joined(process.detail, process.evidence && proofOf(process.evidence));
    case 'stopping':
      return remainsOf(process, now);
    case 'error':
      return restartOf(process, now) ?? endAndTimeOf(process.exit);
    default:
      return '';
  }
}

/** Whether the line changes by itself, as time goes by. */
export function ticks({ process }: View): boolean {
  const { state, restart } = process;
  return state === 'starting' || state === 'stopping' || (state === 'error' && restart != null);
}

/** `Restarting in 3 s (2 of 5)`. */
export function restartOf({ restart }: Process, now: number): string | null {
  if (!restart) return null;
  const left = Math.max(0, Math.ceil((restart.at - now) / 1_000));
  return `Restarting in ${durationOf(left)} (${restart.attempt} of ${restart.max})`;
}

const SPEAKS_OF_AN_ERROR = /error|exception|panic|fatal|fail|cannot|refused|denied|not found/i;

/** Of what a process wrote last, the last line that speaks of an error, as a stack trace follows it; else the last line. */
export function tellingLineOf(output: Process['output']): string | undefined {
  const texts = (output ?? []).map(({ text }) => text).filter((text) => text.trim() !== '');
  return texts.findLast((text) => SPEAKS_OF_AN_ERROR.test(text) && !/^\s+at\b/.test(text)) ?? texts.at(-1);
}

function startOf({ startedAt, pid }: Process, waitsFor: readonly string[], now: number): string {
  if (waitsFor.length > 0 && pid == null) return `Waiting for ${waitsFor.join(', ')}`;
  return startedAt == null || pid == null ? '' : `Spawned ${durationOf((now - startedAt) / 1_000)} ago`;
}

function proofOf({ line, port, http, notifierPid, afterMs }: Evidence): string {
  const proofs = [
    ...(line == null ? [] : [`“${line}”`]),
    ...(port == null ? [] : [`port ${port} accepts`]),
    ...(http == null ? [] : [`HTTP ${http}`]),
    ...(notifierPid == null ? [] : ['READY=1']),
  ];
  return [`Ready after ${millisOf(afterMs)}`, ...proofs].join(' · ');
}

function remainsOf({ detail, survivors, killAt }: Process, now: number): string {
  const alive = (survivors ?? []).map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
  const left = killAt == null ? null : Math.max(0, Math.ceil((killAt - now) / 1_000));
  return joined(detail, alive && `Still alive: ${alive}`, left !== null && `SIGKILL in ${durationOf(left)}`);
}

/** What is there of these, what the process says of itself before what was found out. */
const joined = (...parts: (string | false | null | undefined)[]) => parts.filter(Boolean).join(' · ');

/** `Exited with code 0`. */
export function endOf(exit: Exit | null | undefined): string {
  if (!exit) return '';
  return exit.signal == null ? `Exited with code ${exit.code}` : `Ended by ${exit.signal}`;
}

const endAndTimeOf = (exit: Exit | null | undefined) => (exit ? `${endOf(exit)} at ${clockSecondsOf(exit.time)}` : '');
