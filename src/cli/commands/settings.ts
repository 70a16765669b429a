import { join } from 'node:path';
import { packArchive } from '../../config/archive.js';
import { type ConfigPaths, configPaths, readConfig, withConfigLock } from '../../config/config.js';
import { type Config, formatConfig } from '../../config/schema.js';
import { readSorterFiles } from '../../config/sorter-files.js';
import { moveToTrash } from '../../config/trash.js';
import { writeAtomic } from '../../disk/atomic-write.js';
import { isDirectory, statIfExists } from '../../disk/files.js';
import { absolutePath } from '../../disk/paths.js';
import { UsageError } from '../../errors.js';
import { type Context, configDir, configLocking, type Output } from '../context.js';
import { exitStatus } from '../exit-status.js';
import { printJson, printLines } from '../print.js';
import { confirm } from '../prompt.js';
import { tableLines } from '../terminal/table.js';
import { importSettings } from './import.js';

/** Options of `civitconfig settings`, which without an action shows where everything is stored. */
export interface SettingsOptions {
  readonly reset: boolean;
  /** The path of the zip file to write. */
  readonly download: string | undefined;
  /** The path of the settings to import. */
  readonly importPath: string | undefined;
  readonly withKey: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * Resets, exports or imports all settings, or shows where they are stored.
 * @returns the exit status
 * @throws ConfigError, FileSystemError, UsageError
 */
export async function runSettings(options: SettingsOptions, context: Context): Promise<number> {
  const { reset, download, importPath, withKey, yes, json } = options;
  const paths = configPaths(await configDir(context));
  if (withKey && download === undefined)
    throw new UsageError('usage', '--with-key can only be used with --download.');
  if (reset) return resetSettings(paths, options, context);
  if (download !== undefined) return exportSettings(paths, download, options, context);
  if (importPath !== undefined) return importSettings(paths, importPath, options, context);
  if (yes) throw new UsageError('usage', '--yes can only be used with --reset, --download or --import.');
  printResult(paths, tableLines(Object.entries(paths), context.stdout.columns), json, context.stdout);
  return exitStatus.done;
}

async function resetSettings(
  paths: ConfigPaths,
  { yes, json }: SettingsOptions,
  context: Context,
): Promise<number> {
  const question = 'Reset all settings? The current ones are moved to the trash folder.';
  if (!yes && !(await confirm(question, context))) return cancel(context.stderr);
  const trash = await withConfigLock(paths.config, configLocking(context), () =>
    moveToTrash(paths, context.now(), context.interrupted),
  );
  const previous =
    trash === undefined
      ? 'There were no settings to move to the trash folder.'
      : `The previous settings are in ${trash}`;
  printResult({ trash: trash ?? null }, ['All settings were reset.', previous], json, context.stdout);
  return exitStatus.done;
}

/** Writes all settings, with or without the key, to a zip file that only its owner may read. */
async function exportSettings(
  paths: ConfigPaths,
  download: string,
  { withKey, yes, json }: SettingsOptions,
  context: Context,
): Promise<number> {
  const path = archivePath(absolutePath(download, context));
  const config = await readConfig(paths.config);
  const exported = withKey ? config : { ...config, apiKey: undefined };
  const sorters = await readSorterFiles(config.sorters, paths.sorters);
  const files = new Map<string, Uint8Array>([
    ['config.json', Buffer.from(formatConfig(exported))],
    ...sorters,
  ]);
  if (!yes && statIfExists(path) && !(await confirm(`Replace ${path}?`, context)))
    return cancel(context.stderr);
  const archive = await packArchive(files, context.now());
  await writeAtomic(path, archive, { mode: 0o600, signal: context.interrupted });
  const hasKey = exported.apiKey !== undefined;
  printResult({ path, hasKey }, [path, ...keyNote(config, exported)], json, context.stdout);
  return exitStatus.done;
}

/** Adds a file name to a folder, and the extension to a name without it. */
function archivePath(path: string): string {
  if (isDirectory(path)) return join(path, 'civitdl-config.zip');
  return /\.zip$/i.test(path) ? path : `${path}.zip`;
}

function keyNote(config: Config, exported: Config): readonly string[] {
  if (exported.apiKey !== undefined) return ['The file contains the API key: do not share it.'];
  return config.apiKey === undefined
    ? []
    : ['The file does not contain the API key. Pass --with-key to include it.'];
}

function cancel(stderr: Output): number {
  stderr.write('Nothing was changed.\n');
  return exitStatus.other;
}

function printResult(facts: object, lines: readonly string[], json: boolean, stdout: Output): void {
  if (json) printJson(stdout, facts);
  else printLines(stdout, lines);
}
