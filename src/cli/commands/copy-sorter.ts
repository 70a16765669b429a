import { join } from 'node:path';
import type { AddedSorter, Config } from '../../config/config.js';
import { copySorterFile, removeSorterFile } from '../../config/sorter-files.js';
import { caseKey } from '../../disk/safe-name.js';
import { SorterError } from '../../errors.js';
import { checkSorter } from '../../sorter/check-sorter.js';
import { findSorterFile } from '../../sorter/load.js';
import { fileSorter } from '../../sorter/worker-sorter.js';
import type { Context } from '../context.js';
import { sayOnStderr, sortersDir, threadOptions } from '../open-sorter.js';

/**
 * Copies a sorter's file into the folder of added sorters, and tries the copy, not the original: it stands alone, and
 * what the original imports is not beside it.
 * @param origin the path as it was typed
 * @throws UsageError when there is no such file, SorterError when it can't sort an example: then there is no copy
 */
export async function copySorter(
  name: string,
  origin: string,
  config: Config,
  context: Context,
): Promise<AddedSorter> {
  const source = await findSorterFile(origin, context);
  const file = freeFile(name, config);
  const copy = join(await sortersDir(context), file);
  await copySorterFile(source, copy);
  try {
    const sorter = await fileSorter(copy, origin, threadOptions(context, sayOnStderr(context)));
    await checkSorter(sorter);
    return { file, description: sorter.description };
  } catch (error) {
    await removeSorterFile(copy);
    throw needsMore(error) ? notAlone(origin, error) : error;
  }
}

/** A name that is not that of another sorter's file, as one that came from another configuration may have it. */
function freeFile(name: string, { sorters }: Config): string {
  const used = new Set(
    Object.values(sorters).flatMap((sorter) => ('file' in sorter ? [caseKey(sorter.file)] : [])),
  );
  let file = `${name}.mjs`;
  for (let count = 2; used.has(caseKey(file)); count++) file = `${name}-${count}.mjs`;
  return file;
}

/** Whether it imports what is not where its copy is. */
function needsMore(error: unknown): boolean {
  const cause = error instanceof SorterError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
}

function notAlone(origin: string, cause: unknown): SorterError {
  const message = `The sorter ${origin} imports another file or a package, and only a single file can be added. By its path, with 'civitdl -s ${origin}', it can have others beside it.`;
  return new SorterError('bad-sorter', message, { cause });
}
