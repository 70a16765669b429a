import { setMaxListeners } from 'node:events';
import { isAbsolute } from 'node:path';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import type { LockContext } from '../config/config.js';
import { errnoCode } from '../disk/errors.js';
import { absolutePath } from '../disk/paths.js';
import { type Runtime, systemFolders, systemRuntime } from '../download/runtime.js';
import { InterruptedError, UsageError } from '../errors.js';

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
  /** Empty if unknown, like {@link home}. */
  readonly cwd: string;
  readonly home: string;
  /** Undefined without a home folder, like {@link cacheDir}. */
  configDir(): Promise<string | undefined>;
  cacheDir(): Promise<string | undefined>;
  /** Aborts when the user or the system wants the command to end. */
  readonly interrupted: AbortSignal;
  /** Repeats an action until the returned function is called; does not keep the process alive. */
  readonly every: (ms: number, action: () => void) => () => void;
  /** Runs an action when the process exits, in whatever way, unless the returned function is called before. */
  readonly atExit: (action: () => void) => () => void;
}

const INTERRUPTED = 130;
/** SIGBREAK is Ctrl-Break on Windows; elsewhere it never arrives. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const;
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
  const folders = systemFolders();
  // Node starts no thread in a folder that was deleted.
  if (folders.cwd === '') process.chdir('/');
  reportLostOutput({ stdout, stderr });
  return {
    ...systemRuntime(env),
    stdin,
    stdout,
    stderr,
    ...folders,
    configDir: async () => env.CIVITDL_CONFIG_DIR || (await defaultDirs(folders.home))?.config,
    cacheDir: async () => env.CIVITDL_CACHE_DIR || (await defaultDirs(folders.home))?.cache,
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

interface DefaultDirs {
  readonly config: string;
  readonly cache: string;
}

/** `env-paths` reads the environment once, when it is loaded, and believes all of it. */
async function defaultDirs(home: string): Promise<DefaultDirs | undefined> {
  if (home === '') return undefined;
  process.env.HOME ||= home;
  // Relative paths are invalid and to be ignored (XDG Base Directory Specification).
  for (const name of ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME'])
    if (!isAbsolute(process.env[name] ?? '')) delete process.env[name];
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
  for (const signal of SIGNALS) process.on(signal, interrupt);
  for (const output of outputs) {
    output.on('error', (error) => {
      if (isClosedPipe(error)) controller.abort(new InterruptedError({ cause: error }));
    });
  }
  return controller.signal;
}

/** Tells once that standard output cannot be written, on a full disk for example. The command itself goes on. */
function reportLostOutput({
  stdout,
  stderr,
}: {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}): void {
  let isReported = false;
  stdout.on('error', (error) => {
    const code = errnoCode(error);
    if (isReported || isClosedPipe(error) || code === 'ERR_STREAM_DESTROYED') return;
    isReported = true;
    stderr.write(`warning: Cannot write standard output (${code}). The results are lost, the run goes on.\n`);
  });
}

/** Time for the last output. */
const EXIT_DELAY_MS = 200;

/** Runs a command on the real machine, and sets the exit status of the process. */
export async function runCommand(
  main: (argv: readonly string[], context: Context) => Promise<number>,
): Promise<void> {
  process.exitCode = await main(process.argv.slice(2), system());
  exitSoon();
}

/** Ends the process even if something is still under way: the lookup of a name cannot be ended, and takes a minute. */
function exitSoon(): void {
  const { stdout, stderr } = process;
  const exit = () => {
    const isFlushed = [stdout, stderr].every((output) => output.destroyed || output.writableLength === 0);
    if (isFlushed) process.exit();
    else exitSoon();
  };
  setTimeout(exit, EXIT_DELAY_MS).unref();
}

/**
 * Returns the folder of the configuration.
 * @throws UsageError if it is unknown
 */
export async function configDir(context: Context): Promise<string> {
  return absolutePath((await context.configDir()) ?? throwNoHome('CIVITDL_CONFIG_DIR'), context);
}

/**
 * Returns the folder of the cache.
 * @throws UsageError if it is unknown
 */
export async function cacheDir(context: Context): Promise<string> {
  return absolutePath((await context.cacheDir()) ?? throwNoHome('CIVITDL_CACHE_DIR'), context);
}

function throwNoHome(variable: string): never {
  throw new UsageError(
    'usage',
    `The home folder is unknown, where settings are kept. Set HOME or ${variable}.`,
  );
}

/** Whether an output failed because its reader has exited. Windows has two codes for it. */
export function isClosedPipe(error: unknown): boolean {
  return ['EPIPE', 'EOF'].includes(errnoCode(error) ?? '');
}

/** Returns the path of the configuration file. @throws UsageError if it is unknown */
export async function configPath(context: Context): Promise<string> {
  // Loaded late: reading a configuration needs zod, which --help and --version do without.
  const { configPaths } = await import('../config/config.js');
  return configPaths(await configDir(context)).config;
}

export function configLocking({ lock, interrupted }: Context): LockContext {
  return { lock, signal: interrupted };
}
