import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type { Command } from './contenders.js';

/** The resources that one run of a command used. */
export interface Usage {
  /** Seconds from its start to its end. */
  readonly wall: number;
  /** Seconds of user and system time, including its children. */
  readonly cpu: number;
  /** Maximum of the bytes resident in one of its processes. */
  readonly resident: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Runs a command under GNU time, which reports the kernel's figures.
 * @param folder the folder of its output
 * @throws Error with its output if it fails
 */
export async function measure(
  command: Command,
  timeProgram: string,
  folder: string,
  signal: AbortSignal,
): Promise<Usage> {
  const figures = join(folder, 'figures');
  const output = join(folder, 'output');
  const argv = [timeProgram, '-q', '-f', '%U %S %M', '-o', figures, ...command.argv] as const;
  const startedAt = Date.now();
  const start = performance.now();
  const status = await runToEnd(argv, { folder, output, environment: command.environment, signal });
  const wall = (performance.now() - start) / 1000;
  const endedAt = Date.now();
  if (status !== 0) {
    const text = (await readFile(output, 'utf8')).slice(-2000);
    throw new Error(`'${command.argv.join(' ')}' ended with status ${status}:\n${text}`);
  }
  return { wall, ...parseFigures(await readFile(figures, 'utf8')), startedAt, endedAt };
}

interface RunOptions {
  readonly folder: string;
  readonly output: string;
  readonly environment: Command['environment'];
  readonly signal: AbortSignal;
}

async function runToEnd(
  [program, ...args]: readonly [string, ...string[]],
  { folder, output, environment, signal }: RunOptions,
): Promise<number | null> {
  signal.throwIfAborted();
  const file = await open(output, 'w');
  try {
    const child = spawn(program, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', file.fd, file.fd],
      // A group of its own, so that its children end with it.
      detached: true,
    });
    const end = () => endGroup(child);
    signal.addEventListener('abort', end);
    const [status] = await once(child, 'close').finally(() => signal.removeEventListener('abort', end));
    signal.throwIfAborted();
    return status;
  } finally {
    await file.close();
  }
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

function parseFigures(text: string): Pick<Usage, 'cpu' | 'resident'> {
  const [user, system, kib] = text.trim().split(' ').map(Number);
  if (user === undefined || system === undefined || kib === undefined || Number.isNaN(user + system + kib))
    throw new Error(`GNU time wrote '${text}'. Is it another program of that name?`);
  return { cpu: user + system, resident: kib * 1024 };
}
