import { resolve } from 'node:path';
import { corruptIndexError } from '../../cache/cache.js';
import { FileIndex } from '../../cache/file-index.js';
import type { Context } from '../context.js';
import { exitStatus } from '../exit-status.js';
import { cacheJson, cacheLines, lookAtFiles } from '../report/cache-report.js';
import { describeProblem } from '../report/error-report.js';
import { count } from '../terminal/format.js';

/** What `civitconfig cache` is to do; where nothing is asked for, it tells what is remembered. */
export interface CacheRequest {
  /** Path of the folder whose files are to be remembered; it may start with an alias. */
  readonly scan: string | undefined;
  readonly clear: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Tells which files are remembered, or fills or empties that memory.
 * @returns the exit status
 * @throws what keeps it from doing so
 */
export async function configureCache(request: CacheRequest, context: Context): Promise<number> {
  const { stderr, stdout, lock, now } = context;
  const folder = resolve(context.cwd, await context.cacheDir());
  const index = new FileIndex(folder, {
    lock,
    now,
    onCorrupt: (broken) => stderr.write(`warning: ${describeProblem(corruptIndexError(broken)).message}\n`),
  });
  if (request.scan !== undefined) {
    const { scanFolder } = await import('./scan-folder.js');
    return scanFolder(request.scan, index, request, context);
  }
  const files = [...(await index.all()).values()];
  if (request.clear) {
    await index.clear();
    const said = `${count(files.length, 'file')} forgotten; none was deleted.`;
    stdout.write(request.json ? `${JSON.stringify({ forgotten: files.length })}\n` : `${said}\n`);
    return exitStatus.done;
  }
  const looked = await lookAtFiles(files);
  if (request.json) stdout.write(`${JSON.stringify(cacheJson(folder, looked))}\n`);
  else for (const line of cacheLines(folder, looked, stdout.columns)) stdout.write(`${line}\n`);
  return exitStatus.done;
}
