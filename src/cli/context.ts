import { setMaxListeners } from 'node:events';
import { homedir } from 'node:os';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import type { LockContext } from '../config/config.js';
import { errnoCode } from '../disk/errors.js';
import { type Runtime, systemRuntime } from '../download/runtime.js';
import { InterruptedError } from '../errors.js';

/** A stream for text. */
export interface Output {
  write(text: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface StandardOutputs {
  readonly stdout: Output;
  readonly stderr: Output;
}

/** Everything that a command needs of the machine; tests pass their own. */
export interface Context extends Runtime, StandardOutputs {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: Output & NodeJS.WritableStream;
  readonly cwd: string;
  readonly home: string;
  configDir(): Promise<string>;
  cacheDir(): Promise<string>;
  /** Aborts when the user or the system wants the command to end. */
  readonly interrupted: AbortSignal;
  /** Repeats an action until the returned function is called; does not keep the process alive. */
  readonly every: (ms: number, action: () => void) => () => void;
  /** Runs an action when the process exits, in whatever way, unless the returned function is called before. */
  readonly atExit: (action: () => void) => () => void;
}

const INTERRUPTED = 130;
const SHOW_CURSOR = '\x1b[?25h';

/** So large that no WebAssembly module is compiled a second time. */
const KEEP_WASM_TIER = '--wasm-tiering-budget=2000000000';
const KEEP_YOUNG_SPACE_SIZE = '--semi-space-growth-factor=1';
/** Later, in a transfer of many gigabytes, V8 would grow the space for young objects to 32 MB for no gain. */
const YOUNG_SPACE_GROWTH_MS = 600;

/** Returns the context of the real machine. */
export function system(): Context {
  // For some kilobytes of responses, V8 of Node 20 would optimise undici's parser: 35 MB of memory and half a second of a
  // core that a transfer needs more.
  setFlagsFromString(KEEP_WASM_TIER);
  setTimeout(() => setFlagsFromString(KEEP_YOUNG_SPACE_SIZE), YOUNG_SPACE_GROWTH_MS).unref();
  const { stdin, stdout, stderr, env } = process;
  return {
    ...systemRuntime(env),
    stdin,
    stdout,
    stderr,
    cwd: process.cwd(),
    home: homedir(),
    configDir: async () => env.CIVITDL_CONFIG_DIR || (await defaultDirs()).config,
    cacheDir: async () => env.CIVITDL_CACHE_DIR || (await defaultDirs()).cache,
    interrupted: interruptSignal([stdout, stderr]),
    every: (ms, action) => {
      const timer = setInterval(action, ms).unref();
      return () => clearInterval(timer);
    },
    atExit: (action) => {
      process.once('exit', action);
      return () => process.off('exit', action);
    },
  };
}

async function defaultDirs(): Promise<{ readonly config: string; readonly cache: string }> {
  return (await import('env-paths')).default('civitdl', { suffix: '' });
}

/**
 * The first signal asks the command to end, the second one ends it. A closed pipe, as after `| head`, counts as a signal.
 */
function interruptSignal(outputs: readonly NodeJS.WriteStream[]): AbortSignal {
  const controller = new AbortController();
  // Every running task listens to it.
  setMaxListeners(0, controller.signal);
  const interrupt = () => {
    if (controller.signal.aborted) {
      if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
      process.exit(INTERRUPTED);
    }
    controller.abort(new InterruptedError());
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  for (const output of outputs) {
    output.on('error', (error) => {
      if (errnoCode(error) !== 'EPIPE') throw error;
      controller.abort(new InterruptedError({ cause: error }));
    });
  }
  return controller.signal;
}

/** Returns the path of the configuration file. */
export async function configPath(context: Context): Promise<string> {
  // Loaded late: reading a configuration needs zod, which --help and --version do without.
  const { configPaths } = await import('../config/config.js');
  return configPaths(await context.configDir()).config;
}

export function configLocking({ lock, interrupted }: Context): LockContext {
  return { lock, signal: interrupted };
}
