import type { FileChoice } from '../civitai/select-files.js';
import { UsageError } from '../errors.js';
import type { Options, PartialOptions } from '../options.js';

/**
 * Which files of each version are wanted.
 * @param file the id, name or type of one, if one was named
 * @param given what was asked for in this run: a stored default gives way to a file that is named
 * @throws UsageError when all were asked for as well
 */
export function choiceOf(file: string | undefined, given: PartialOptions, { allFiles }: Options): FileChoice {
  if (file === undefined) return allFiles ? 'all' : 'primary';
  if (given.allFiles) {
    throw new UsageError(
      'usage',
      "'--all-files' and '--file' can't be had together: every file, or that one?",
    );
  }
  return { named: file };
}
