import { shortHash } from '../disk/paths.js';
import type { SorterContext } from '../sorter/load.js';
import { sorterSignature } from '../sorter/load.js';
import { version } from '../version.js';
import type { RunContext } from './context.js';

const LENGTH = 24;

type SettingsContext = Pick<
  RunContext,
  'options' | 'choice' | 'layout' | 'found' | 'hasOriginalNames' | 'sidecars'
>;

/**
 * Returns a text that is the same for runs that write the same files for a version into one root directory. Another
 * version of this program may write other ones.
 */
export async function runSettings(
  { options, choice, layout, found, hasOriginalNames, sidecars }: SettingsContext,
  baseUrl: URL,
  sorters: SorterContext,
): Promise<string> {
  const { maxImages, nsfwMode, withPrompt, withoutModel, strictMode } = options;
  const sorter = layout ? layout.signature : await sorterSignature(nameOf(options.sorter), sorters);
  const app = found && [found.app, found.root, found.place];
  const written = { maxImages, nsfwMode, withPrompt, withoutModel, strictMode };
  const facts = [version, baseUrl.href, sorter, app, hasOriginalNames, sidecars, choice, written];
  return shortHash(JSON.stringify(facts), LENGTH);
}

/** Outside of applications, `auto` is `basic`. */
function nameOf(sorter: string): string {
  return sorter === 'auto' ? 'basic' : sorter;
}
