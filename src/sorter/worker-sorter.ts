import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { safeName } from '../disk/safe-name.js';
import { SorterError } from '../errors.js';
import { stripControlChars } from '../text.js';
import { readDirectories } from './directories.js';
import type { DescribedSorter, SortModel } from './sorter.js';

/** Characters of what a file says, of itself or of its trouble. */
const LONGEST_TEXT = 300;

/**
 * The sorter that a file exports. The file runs in a thread of its own, anew for each model, and gets what the API sent.
 * @param name what the user calls it
 * @throws SorterError `bad-sorter` when it can't be imported or is no sorter
 */
export async function fileSorter(
  path: string,
  name: string,
  thread: ThreadOptions,
): Promise<DescribedSorter> {
  const run = (code: SorterError['code'], input?: SorterTask['input']) =>
    runInThread({ url: pathToFileURL(path).href, input }, thread).catch((error: unknown) => {
      thread.signal.throwIfAborted();
      throw new SorterError(code, `The sorter ${name} failed: ${reasonOf(error)}.`, { cause: error });
    });
  const { description } = await run('bad-sorter');
  return {
    description: stripControlChars(description ?? '').slice(0, LONGEST_TEXT) || 'no description',
    sort: async (model, version, file, rootDir) => {
      const fileName = safeName(file.name, `file-${file.id}`);
      const { returned } = await run('sorter-failed', [model.json, version.json, fileName, rootDir]);
      return readDirectories(returned === undefined ? undefined : JSON.parse(returned), name);
    },
  };
}

/** What a stranger's code threw, in one line and without a stop. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  return stripControlChars(message).slice(0, LONGEST_TEXT).replace(/\.$/, '');
}

/** What a thread of its own does with a sorter file: import it, and call it if there is something to sort. */
export interface SorterTask {
  /** A file URL. */
  readonly url: string;
  readonly input?: Parameters<SortModel> | undefined;
}

interface SorterAnswer {
  readonly description: string | undefined;
  /** Whatever was returned, as JSON; undefined where that can't be. */
  readonly returned: string | undefined;
}

export interface ThreadOptions {
  /** Milliseconds for import and call together. */
  readonly timeLimit: number;
  /** Ends the thread. */
  readonly signal: AbortSignal;
  /** Gets each line that the file prints. */
  readonly say: (line: string) => void;
}

/**
 * Runs a task in a thread that lives no longer than that: an endless loop, a timer that is left over or a call of
 * `process.exit` end with it, and what the file prints is not mixed up with results.
 * @throws what the file threw, the signal's reason, or an Error saying that there is no answer
 */
async function runInThread(
  task: SorterTask,
  { timeLimit, signal, say }: ThreadOptions,
): Promise<SorterAnswer> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: task,
    stdout: true,
    stderr: true,
    // A module that is called `.js` is as welcome as one that is called `.mjs`.
    execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
  });
  const printed = [linesOf(worker.stdout, say), linesOf(worker.stderr, say)];
  const tooLate = AbortSignal.timeout(timeLimit);
  try {
    return await answerOf(worker, AbortSignal.any([signal, tooLate]));
  } catch (error) {
    throw tooLate.aborted && error === tooLate.reason
      ? new Error(`no answer within ${timeLimit / 1000} s`)
      : error;
  } finally {
    await worker.terminate();
    await Promise.all(printed);
  }
}

function answerOf(worker: Worker, ended: AbortSignal): Promise<SorterAnswer> {
  return new Promise((resolve, reject) => {
    ended.addEventListener('abort', () => reject(ended.reason), { once: true });
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', () => reject(new Error('it ended without an answer')));
  });
}

async function linesOf(stream: Readable, say: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) say(line);
}
