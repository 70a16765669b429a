import { corruptIndexError } from '../cache/cache.js';
import { FinishedIndex } from '../cache/finished-index.js';
import { findWriteProblem } from '../disk/write-access.js';
import type { SorterContext } from '../sorter/load.js';
import type { RunContext } from './context.js';
import { FinishedVersions } from './finished-versions.js';
import { runSettings } from './run-settings.js';

export interface OpenFinishedOptions {
  /** The folder of the cache; undefined for none. */
  readonly cacheDir: string | undefined;
  readonly baseUrl: URL;
  readonly sorters: SorterContext;
}

/** Opens the record of finished versions, unless the run has no cache. */
export async function openFinished(
  run: RunContext,
  { cacheDir, baseUrl, sorters }: OpenFinishedOptions,
): Promise<FinishedVersions | undefined> {
  const { options, rootDir, runtime, signal, emit } = run;
  if (cacheDir === undefined || options.cacheMode === 0) return undefined;
  // Without its file, nobody knows where a sorter would put a model.
  const settings = await runSettings(run, baseUrl, sorters).catch(() => undefined);
  if (settings === undefined) return undefined;
  const warn = (error: unknown) => emit({ type: 'warned-of-run', error });
  const { lock, now } = runtime;
  const index = new FinishedIndex(cacheDir, {
    lock,
    now,
    signal,
    onCorrupt: (found) => warn(corruptIndexError(found, 'The record of finished models')),
  });
  return new FinishedVersions({
    index,
    rootDir,
    settings,
    isWriteOnly: options.modelOverwrite,
    now,
    warn,
    // The index of files is in the same folder, and has warned of it.
    isSilent: findWriteProblem(cacheDir) !== undefined,
  });
}
