import { pathToFileURL } from 'node:url';
import { safeName } from '../disk/safe-name.js';
import { SorterError } from '../errors.js';
import { stripControlChars } from '../text.js';
import { readDirectories } from './directories.js';
import type { DescribedSorter } from './sorter.js';
import { runInThread, type SorterTask, type ThreadOptions } from './sorter-thread.js';

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
