import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { safeName } from '../disk/safe-name.js';
import { SorterError } from '../errors.js';
import { stripControlChars } from '../text.js';
import { parseDirectories } from './directories.js';
import type { DescribedSorter, SortModel } from './sorter.js';

export interface SorterWorkerOptions {
  /** The environment of the file: without the API key. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For import and call together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called with each line that the sorter file prints. */
  readonly onLine: (line: string) => void;
}

/** Data of worker.js, which imports the file and, if there is an input, calls `sortModel`. */
export interface SorterTask {
  readonly fileUrl: string;
  readonly input?: Parameters<SortModel> | undefined;
}

interface SorterResult {
  readonly description: string | undefined;
  /** JSON of the returned value; undefined if it has none. */
  readonly returned: string | undefined;
}

const MAX_TEXT_LENGTH = 300;

/** Loads the sorter of a file, which runs in a new worker for each model. */
export async function loadWorkerSorter(
  path: string,
  name: string,
  options: SorterWorkerOptions,
): Promise<DescribedSorter> {
  const run = (code: SorterError['code'], input?: SorterTask['input']) =>
    runWorker({ fileUrl: pathToFileURL(path).href, input }, options).catch((error: unknown) => {
      options.signal.throwIfAborted();
      throw new SorterError(code, `The sorter ${name} failed: ${reasonOf(error)}.`, { cause: error });
    });
  const { description } = await run('bad-sorter');
  return {
    description: stripControlChars(description ?? '').slice(0, MAX_TEXT_LENGTH) || 'no description',
    sort: async (model, version, file, rootDir) => {
      const fileName = safeName(file.name, `file-${file.id}`);
      const { returned } = await run('sorter-failed', [model.json, version.json, fileName, rootDir]);
      return parseDirectories(returned === undefined ? undefined : JSON.parse(returned), name);
    },
  };
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  return stripControlChars(message).slice(0, MAX_TEXT_LENGTH).replace(/\.$/, '');
}

/** The worker is terminated after its task, to end open timers and endless loops of the file. */
async function runWorker(
  task: SorterTask,
  { env, timeoutMs, signal, onLine }: SorterWorkerOptions,
): Promise<SorterResult> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: task,
    env,
    stdout: true,
    stderr: true,
    // Node warns about ES modules that are named `.js`.
    execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
  });
  const output = [forwardLines(worker.stdout, onLine), forwardLines(worker.stderr, onLine)];
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await resultOf(worker, AbortSignal.any([signal, timeout]));
  } catch (error) {
    throw timeout.aborted && error === timeout.reason
      ? new Error(`no result within ${timeoutMs / 1000} s`)
      : error;
  } finally {
    await worker.terminate();
    await Promise.all(output);
  }
}

function resultOf(worker: Worker, signal: AbortSignal): Promise<SorterResult> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', () => reject(new Error('it ended without a result')));
  });
}

async function forwardLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) onLine(line);
}
