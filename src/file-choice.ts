import type { FileChoice } from './civitai/choose.js';
import { UsageError } from './errors.js';
import type { Options } from './options.js';

/**
 * Which files of each version are wanted.
 * @param file the id, name or type of one, if one was named
 * @throws UsageError when all are wanted as well
 */
export function choiceOf(file: string | undefined, { allFiles }: Pick<Options, 'allFiles'>): FileChoice {
  if (file === undefined) return allFiles ? 'all' : 'primary';
  if (allFiles) {
    throw new UsageError(
      'usage',
      "'--all-files' and '--file' can't be had together: every file, or that one?",
    );
  }
  return { named: file };
}
