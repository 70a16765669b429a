import { setMaxListeners } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { main as civitconfig } from '../../src/cli/civitconfig.js';
import { main as civitdl } from '../../src/cli/civitdl.js';
import type { Context } from '../../src/cli/context.js';
import { createLock } from '../../src/disk/lock.js';
import { withoutKey } from '../../src/download/runtime.js';
import type { CommandName, Ended } from './command.js';
import { checkJson } from './json-lines.js';
import type { Sandbox } from './sandbox.js';

/** The end of a command that ran in this process. */
export interface EndedInProcess extends Ended {
  /** The waits in milliseconds, during which no time passed. */
  readonly waits: readonly number[];
}

export interface InProcessOptions {
  /** `civitdl` by default. */
  readonly command?: CommandName;
  readonly input?: string;
  readonly env?: Record<string, string>;
  readonly networkTimeoutMs?: number;
  readonly sorterTimeoutMs?: number;
  readonly interrupted?: AbortSignal;
}

/** Runs a command in this process, with a clock that does not wait before retries and pauses. */
export async function runInProcess(
  args: readonly string[],
  sandbox: Sandbox,
  {
    command = 'civitdl',
    input = '',
    env = {},
    networkTimeoutMs = 5_000,
    sorterTimeoutMs = 5_000,
    interrupted = new AbortController().signal,
  }: InProcessOptions = {},
): Promise<EndedInProcess> {
  setMaxListeners(0, interrupted);
  const waits: number[] = [];
  let waited = 0;
  const stdout = collector();
  const stderr = collector();
  const context: Context = {
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]) as unknown as Context['stdin'],
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { ...sandbox.env, ...env },
    cwd: sandbox.dir,
    home: sandbox.path('home'),
    lock: createLock({ pid: process.pid, isRunning: () => true }),
    configDir: async () => sandbox.path('config'),
    cacheDir: async () => sandbox.path('cache'),
    interrupted,
    sleep: async (ms) => {
      waits.push(ms);
      waited += ms;
    },
    every: () => () => {},
    atExit: () => () => {},
    now: Date.now,
    monotonic: () => performance.now() + waited,
    random: () => 0.5,
    networkTimeouts: { connectMs: networkTimeoutMs, apiHeadMs: networkTimeoutMs, idleMs: networkTimeoutMs },
    sorterTimeoutMs,
    sorterEnv: withoutKey({ ...sandbox.env, ...env }),
  };
  const status = await (command === 'civitdl' ? civitdl : civitconfig)(args, context);
  if (command === 'civitdl') checkJson(args, stdout.text());
  return { status, stdout: stdout.text(), stderr: stderr.text(), waits };
}

function collector() {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
