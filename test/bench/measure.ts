import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type { Command } from './contenders.js';

/** What one run of a command took. */
export interface Usage {
  /** Seconds from its start to its end. */
  readonly wall: number;
  /** Seconds of user and system time, those of its children included. */
  readonly cpu: number;
  /** Most bytes resident in any of its processes at one time. */
  readonly resident: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Runs a command below GNU time, which asks the kernel what it took.
 * @param folder for what it says
 * @throws Error with what it said when it fails, or the signal's reason
 */
export async function measure(
  command: Command,
  timeProgram: string,
  folder: string,
  signal: AbortSignal,
): Promise<Usage> {
  signal.throwIfAborted();
  const figures = join(folder, 'figures');
  const output = join(folder, 'output');
  const file = await open(output, 'w');
  const startedAt = Date.now();
  const start = performance.now();
  const child = spawn(timeProgram, ['-q', '-f', '%U %S %M', '-o', figures, ...command.argv], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...command.environment },
    stdio: ['ignore', file.fd, file.fd],
    // A group of its own, so that all of it can be ended.
    detached: true,
  });
  const endGroup = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', endGroup);
  const [status] = await once(child, 'close').finally(() => signal.removeEventListener('abort', endGroup));
  const wall = (performance.now() - start) / 1000;
  const endedAt = Date.now();
  await file.close();
  signal.throwIfAborted();
  if (status !== 0) {
    const said = (await readFile(output, 'utf8')).slice(-2000);
    throw new Error(`'${command.argv.join(' ')}' ended with status ${status}:\n${said}`);
  }
  return { wall, ...parseFigures(await readFile(figures, 'utf8')), startedAt, endedAt };
}

function parseFigures(text: string): Pick<Usage, 'cpu' | 'resident'> {
  const [user, system, kib] = text.trim().split(' ').map(Number);
  if (user === undefined || system === undefined || kib === undefined || Number.isNaN(user + system + kib))
    throw new Error(`GNU time wrote '${text}'. Is it another program of that name?`);
  return { cpu: user + system, resident: kib * 1024 };
}
