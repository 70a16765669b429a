import { setMaxListeners } from 'node:events';
import { homedir } from 'node:os';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { errnoCode } from '../disk/errors.js';
import { type Runtime, systemRuntime } from '../download/runtime.js';
import { InterruptedError } from '../errors.js';

/** Where words go: a stream that knows whether a person watches it. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Characters per line. */
  readonly columns?: number | undefined;
  /** Lines of a terminal. */
  readonly rows?: number | undefined;
}

/** All that a command needs of the machine it runs on; a test hands in its own. */
export interface Context extends Runtime {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Output;
  readonly stderr: Output & NodeJS.WritableStream;
  readonly cwd: string;
  readonly home: string;
  /** Folder of the configuration. */
  configDir(): Promise<string>;
  /** Folder of what only saves work. */
  cacheDir(): Promise<string>;
  /** Aborts when the user, or the system, wants the command to end. */
  readonly interrupted: AbortSignal;
  /** Does something again and again, every so many milliseconds, until told to stop; keeps no command from ending. */
  readonly every: (ms: number, action: () => void) => () => void;
  /** Does something when the process ends, in whatever way, unless it is told before that this is not needed any more. */
  readonly atExit: (action: () => void) => () => void;
}

const INTERRUPTED = 130;
const SHOW_CURSOR = '\x1b[?25h';

/** So large that no module of WebAssembly is compiled a second time. */
const KEEP_WASM_AS_IT_IS = '--wasm-tiering-budget=2000000000';
/** Memory for young objects stays as large as it is. */
const KEEP_YOUNG_SPACE_AS_IT_IS = '--semi-space-growth-factor=1';
/** Milliseconds after which it is large enough: in a transfer of many gigabytes, V8 would go on to 32 MB for no gain. */
const GROWN_UP = 600;

/** The real machine. */
export function system(): Context {
  // For some kilobytes of answers, V8 of Node 20 would optimise undici's parser: with 35 MB of memory and half a second
  // of a core that a transfer has better use for.
  setFlagsFromString(KEEP_WASM_AS_IT_IS);
  setTimeout(() => setFlagsFromString(KEEP_YOUNG_SPACE_AS_IT_IS), GROWN_UP).unref();
  const { stdin, stdout, stderr, env } = process;
  return {
    ...systemRuntime(env),
    stdin,
    stdout,
    stderr,
    cwd: process.cwd(),
    home: homedir(),
    configDir: async () => env.CIVITDL_CONFIG_DIR || (await ownFolders()).config,
    cacheDir: async () => env.CIVITDL_CACHE_DIR || (await ownFolders()).cache,
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

/** Where the system wants programs to keep their files. */
async function ownFolders(): Promise<{ readonly config: string; readonly cache: string }> {
  return (await import('env-paths')).default('civitdl', { suffix: '' });
}

/**
 * The first signal asks the command to end, the second ends it. When whoever reads what we write is gone, like `head`
 * after its ten lines, there is nobody left to do anything for.
 */
function interruptSignal(outputs: readonly NodeJS.WriteStream[]): AbortSignal {
  const controller = new AbortController();
  // All that runs at once listens to it.
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

/** The configuration file's path. */
export async function configPath(context: Context): Promise<string> {
  // Reading a configuration needs zod, which --help and --version do without.
  const { configPaths } = await import('../config/config.js');
  return configPaths(await context.configDir()).config;
}
