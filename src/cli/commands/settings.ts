import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pack, readSorterFiles } from '../../config/archive.js';
import { type ConfigPaths, configPaths, readConfig, withConfigLock } from '../../config/config.js';
import { type Config, formatConfig } from '../../config/schema.js';
import { moveToTrash } from '../../config/trash.js';
import { writeAtomic } from '../../disk/atomic-write.js';
import { isDirectory } from '../../disk/files.js';
import { expandHome } from '../../disk/paths.js';
import { UsageError } from '../../errors.js';
import type { Context } from '../context.js';
import { exitStatus } from '../exit-status.js';
import { confirm } from '../prompt.js';
import { tableLines } from '../terminal/table.js';
import { importSettings } from './import.js';

/** What `civitconfig settings` is to do; where nothing is asked for, it says where everything is. */
export interface SettingsRequest {
  readonly reset: boolean;
  /** Path of the zip file to write. */
  readonly download: string | undefined;
  /** Path of what is to be brought in. */
  readonly import: string | undefined;
  readonly withKey: boolean;
  /** Whether to go on without a question. */
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * Resets, saves or brings in all settings.
 * @returns the exit status
 * @throws what keeps it from doing so
 */
export async function configureSettings(request: SettingsRequest, context: Context): Promise<number> {
  const places = configPaths(await context.configDir());
  if (request.withKey && request.download === undefined)
    throw new UsageError(
      'usage',
      "'--with-key' says what a zip file has to have, but there is no '--download'.",
    );
  if (request.reset) return reset(places, request, context);
  if (request.download !== undefined) return download(places, request.download, request, context);
  if (request.import !== undefined) return importSettings(places, request.import, request, context);
  if (request.yes) throw new UsageError('usage', "'--yes' answers a question, but nothing was asked for.");
  print(places, tableLines(Object.entries(places), context.stdout.columns), request, context);
  return exitStatus.done;
}

async function reset(places: ConfigPaths, request: SettingsRequest, context: Context): Promise<number> {
  const question = 'Start anew with the built-in settings? The present ones go to the trash folder.';
  if (!request.yes && !(await confirm(question, context))) return declined(context);
  const locking = { lock: context.lock, signal: context.interrupted };
  const trash = await withConfigLock(places.config, locking, () => moveToTrash(places, context.now()));
  const told = trash === undefined ? 'There were no others.' : `Those before are in ${trash}`;
  print({ trash: trash ?? null }, ['The settings are the built-in ones now.', told], request, context);
  return exitStatus.done;
}

/** Saves all settings in a zip file that nobody else may read, with the key or without. */
async function download(
  places: ConfigPaths,
  typed: string,
  request: SettingsRequest,
  context: Context,
): Promise<number> {
  const path = archivePath(resolve(context.cwd, expandHome(typed, context.home)));
  const config = await readConfig(places.config);
  const saved = request.withKey ? config : { ...config, apiKey: undefined };
  const sorters = await readSorterFiles(config.sorters, places.sorters);
  const files = new Map<string, Uint8Array>([['config.json', Buffer.from(formatConfig(saved))], ...sorters]);
  if (!request.yes && existsSync(path) && !(await confirm(`Replace ${path}?`, context)))
    return declined(context);
  await writeAtomic(path, await pack(files, context.now()), { mode: 0o600 });
  print({ path, hasKey: saved.apiKey !== undefined }, [path, ...keyRemark(config, saved)], request, context);
  return exitStatus.done;
}

function keyRemark(config: Config, saved: Config): readonly string[] {
  if (saved.apiKey !== undefined) return ['The API key is in it: keep it to yourself.'];
  return config.apiKey === undefined ? [] : ["The API key is not in it; '--with-key' puts it in."];
}

/** A folder gets a file in it, and a name without an extension gets one. */
function archivePath(path: string): string {
  if (isDirectory(path)) return join(path, 'civitdl-config.zip');
  return /\.zip$/i.test(path) ? path : `${path}.zip`;
}

function declined({ stderr }: Pick<Context, 'stderr'>): number {
  stderr.write('Nothing was changed.\n');
  return exitStatus.other;
}

function print(
  facts: object,
  lines: readonly string[],
  { json }: Pick<SettingsRequest, 'json'>,
  { stdout }: Pick<Context, 'stdout'>,
): void {
  if (json) stdout.write(`${JSON.stringify(facts)}\n`);
  else for (const line of lines) stdout.write(`${line}\n`);
}
