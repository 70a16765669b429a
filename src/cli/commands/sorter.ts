import { join } from 'node:path';
import { readConfig, withConfigLock, writeConfig } from '../../config/config.js';
import type { AddedSorter, Config } from '../../config/schema.js';
import { copySorterFile, removeSorterFile } from '../../config/sorter-files.js';
import { caseKey } from '../../disk/safe-name.js';
import { SorterError, UsageError } from '../../errors.js';
import { mergeOptions } from '../../options/options.js';
import { builtInSorters } from '../../sorter/built-in.js';
import { assertNewName, checkSorter } from '../../sorter/check-sorter.js';
import { findSorterFile } from '../../sorter/load.js';
import { isTemplate, parseTemplate } from '../../sorter/template.js';
import { loadWorkerSorter } from '../../sorter/worker-sorter.js';
import { closestMatch } from '../../text.js';
import { type Context, configLocking, configPath, type Output } from '../context.js';
import { sortersDir, threadOptions } from '../open-sorter.js';
import { linePrinter, printJson, printLines } from '../print.js';
import { listSorters, sorterLines } from '../report/sorter-list.js';

/** Options of `civitconfig sorter`, which without `add` and `remove` only lists. */
export interface SorterOptions {
  readonly add: string | undefined;
  readonly remove: string | undefined;
  /** The path or template of the sorter to add. */
  readonly origin: string | undefined;
  readonly json: boolean;
}

type Change = (config: Config) => Config | Promise<Config>;

/**
 * Adds or deletes a sorter if asked to, and lists all sorters.
 * @throws UsageError, or SorterError if a new sorter fails with an example: then nothing is changed
 */
export async function runSorter(options: SorterOptions, context: Context): Promise<void> {
  const change = parseChange(options, context);
  const path = await configPath(context);
  const config = change ? await applyChange(path, change, context) : await readConfig(path);
  const { stdout } = context;
  if (options.json) printJson(stdout, listSorters(config));
  else printLines(stdout, sorterLines(config, stdout.columns));
}

function parseChange({ add, remove, origin }: SorterOptions, context: Context): Change | undefined {
  if (add !== undefined && origin === undefined)
    throw wrongArguments(`The path or template of sorter '${add}' is missing`);
  if (add === undefined && origin !== undefined) throw wrongArguments(`Unexpected argument '${origin}'`);
  if (remove !== undefined) return (config) => deleteSorter(config, remove);
  if (add === undefined || origin === undefined) return undefined;
  return (config) => addSorter(config, add, origin, context);
}

function wrongArguments(problem: string): UsageError {
  return new UsageError(
    'usage',
    `${problem}. To add a sorter, run: civitconfig sorter --add <name> <path or template>`,
  );
}

/** Changes the sorters' files under the lock as well: another process may be adding a sorter of the same name. */
async function applyChange(path: string, change: Change, context: Context): Promise<Config> {
  return withConfigLock(path, configLocking(context), async () => {
    const before = await readConfig(path);
    const after = await change(before);
    await writeConfig(path, after, context.interrupted);
    // Only now, so that no stored sorter is ever without its file.
    await removeDeletedFiles(before, after, context);
    printNewDefault(before, after, context.stderr);
    return after;
  });
}

async function removeDeletedFiles(before: Config, after: Config, context: Context): Promise<void> {
  const folder = await sortersDir(context);
  for (const [name, sorter] of Object.entries(before.sorters))
    if ('file' in sorter && !sorterNames(after).includes(name))
      await removeSorterFile(join(folder, sorter.file), context.interrupted);
}

function printNewDefault(before: Config, after: Config, stderr: Output): void {
  const { sorter } = mergeOptions(after.defaults);
  if (sorter !== mergeOptions(before.defaults).sorter) stderr.write(`The default sorter is now ${sorter}.\n`);
}

function deleteSorter(config: Config, name: string): Config {
  if (builtInSorters.has(name))
    throw new UsageError('usage', `Cannot delete sorter '${name}': it is built in.`);
  if (!sorterNames(config).includes(name)) throw unknownSorter(name, config);
  const { [name]: _deleted, ...sorters } = config.sorters;
  const { defaults } = config;
  // The user has chosen a sorter for all folders: the layouts of applications would be a surprise.
  return {
    ...config,
    sorters,
    defaults: defaults.sorter === name ? { ...defaults, sorter: 'basic' } : defaults,
  };
}

function unknownSorter(name: string, config: Config): UsageError {
  const match = closestMatch(name, sorterNames(config));
  const hint = match ? `Did you mean '${match}'?` : 'To list all sorters, run: civitconfig sorter';
  return new UsageError('usage', `Sorter '${name}' not found. ${hint}`);
}

function sorterNames({ sorters }: Config): readonly string[] {
  return Object.keys(sorters);
}

async function addSorter(config: Config, name: string, origin: string, context: Context): Promise<Config> {
  assertNewName(name, sorterNames(config));
  const added = isTemplate(origin)
    ? await checkTemplate(origin)
    : await copySorter(name, origin, config, context);
  return { ...config, sorters: { ...config.sorters, [name]: added } };
}

async function checkTemplate(template: string): Promise<AddedSorter> {
  await checkSorter(parseTemplate(template));
  return { template };
}

/**
 * Copies a sorter's file to the folder of added sorters, and tests the copy: files that the original imports are not
 * next to it.
 * @param origin the typed path
 * @throws UsageError if the file does not exist, SorterError if the copy fails with an example: then it is removed
 */
async function copySorter(
  name: string,
  origin: string,
  config: Config,
  context: Context,
): Promise<AddedSorter> {
  const source = await findSorterFile(origin, context);
  const file = unusedFileName(name, config);
  const copy = join(await sortersDir(context), file);
  await copySorterFile(source, copy);
  try {
    const sorter = await loadWorkerSorter(copy, origin, threadOptions(context, linePrinter(context.stderr)));
    await checkSorter(sorter);
    return { file, description: sorter.description };
  } catch (error) {
    await removeSorterFile(copy, context.interrupted);
    throw isMissingImport(error) ? importsOtherFiles(origin, error) : error;
  }
}

/** In an imported configuration, a sorter's file may have the name of another sorter. */
function unusedFileName(name: string, { sorters }: Config): string {
  const used = new Set(
    Object.values(sorters).flatMap((sorter) => ('file' in sorter ? [caseKey(sorter.file)] : [])),
  );
  let file = `${name}.mjs`;
  for (let count = 2; used.has(caseKey(file)); count++) file = `${name}-${count}.mjs`;
  return file;
}

function isMissingImport(error: unknown): boolean {
  const cause = error instanceof SorterError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
}

function importsOtherFiles(origin: string, cause: unknown): SorterError {
  const message = `Cannot add sorter ${origin}: it imports another file or a package, and only a single file can be added. Use it by its path instead: civitdl -s ${origin}`;
  return new SorterError('bad-sorter', message, { cause });
}
