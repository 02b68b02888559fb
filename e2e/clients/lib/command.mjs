// A client that is a command, run to its end or until the test has seen enough.
import { spawn } from 'node:child_process';
import { within } from '../../lib/time.mjs';

/**
 * @typedef {{code: number | null, signal: string | null, stdout: string, stderr: string}} Ended
 * @typedef {{env: Record<string, string>, cwd?: string, ms?: number}} Setting
 */

export class Command {
  stdout = '';
  stderr = '';
  /** @type {Promise<Ended>} */
  ended;

  /** @param {string} program @param {string[]} args @param {Setting} setting */
  constructor(program, args, { env, cwd }) {
    // A group of its own, so that what it starts ends with it.
    this.process = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.process.stdout.setEncoding('utf8').on('data', (part) => { this.stdout += part; });
    this.process.stderr.setEncoding('utf8').on('data', (part) => { this.stderr += part; });
    this.ended = new Promise((done, fail) => {
      this.process.on('error', fail);
      this.process.on('close', (code, signal) => done({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
    this.ended.catch(() => {});
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    try {
      process.kill(-(this.process.pid ?? 0), signal);
    } catch {
      // Gone.
    }
  }
}

/** Runs it to its end. @param {string} program @param {string[]} args @param {Setting} setting @returns {Promise<Ended>} */
export async function runToEnd(program, args, setting) {
  const command = new Command(program, args, setting);
  try {
    return await within(command.ended, `${program} ${args.join(' ')}`, setting.ms ?? 60_000);
  } catch (error) {
    if (error instanceof Error) error.message += `\nstdout: ${command.stdout}\nstderr: ${command.stderr}`;
    throw error;
  } finally {
    command.kill('SIGKILL');
  }
}
