import { join } from 'node:path';
import { readConfig, withConfigLock, writeConfig } from '../../config/config.js';
import type { AddedSorter, Config } from '../../config/schema.js';
import { copySorterFile, removeSorterFile } from '../../config/sorter-files.js';
import { caseKey } from '../../disk/safe-name.js';
import { SorterError, UsageError } from '../../errors.js';
import { mergeOptions } from '../../options.js';
import { builtIn } from '../../sorter/built-in.js';
import { assertNewName, checkSorter } from '../../sorter/check-sorter.js';
import { findSorterFile } from '../../sorter/load.js';
import { isTemplate, templateSorter } from '../../sorter/template.js';
import { fileSorter } from '../../sorter/worker-sorter.js';
import { closestMatch } from '../../text.js';
import { type Context, configPath } from '../context.js';
import { sayOnStderr, sortersDir, threadOptions } from '../open-sorter.js';
import { sorterLines, sortersOf } from '../report/sorter-list.js';

/** What `civitconfig sorter` is to do; without a name to add or remove, it only lists. */
export interface SortersRequest {
  readonly add: string | undefined;
  readonly remove: string | undefined;
  /** Of the sorter to add: the path of a file, or a template. */
  readonly origin: string | undefined;
  readonly json: boolean;
}

type Change = (config: Config) => Config | Promise<Config>;

/**
 * Adds or deletes a sorter where that was asked for, and lists all.
 * @throws UsageError, or SorterError when a new sorter can't sort an example: then nothing is changed
 */
export async function configureSorters(request: SortersRequest, context: Context): Promise<void> {
  const change = changeOf(request, context);
  const config = await changed(change, context);
  const { stdout } = context;
  if (request.json) stdout.write(`${JSON.stringify(sortersOf(config))}\n`);
  else for (const line of sorterLines(config, stdout.columns)) stdout.write(`${line}\n`);
}

/** The sorters' files are under the configuration's lock, too: another process may be adding one of the same name. */
async function changed(change: Change | undefined, context: Context): Promise<Config> {
  const path = await configPath(context);
  if (!change) return readConfig(path);
  return withConfigLock(path, { lock: context.lock, signal: context.interrupted }, async () => {
    const before = await readConfig(path);
    const after = await change(before);
    await writeConfig(path, after);
    await removeFiles(before, after, context);
    tellDefault(before, after, context);
    return after;
  });
}

function changeOf({ add, remove, origin }: SortersRequest, context: Context): Change | undefined {
  if (add !== undefined && origin === undefined)
    throw incomplete(`The path or template of sorter '${add}' is missing`);
  if (add === undefined && origin !== undefined) throw incomplete(`Unexpected argument '${origin}'`);
  if (remove !== undefined) return (config) => deleteSorter(config, remove);
  if (add === undefined || origin === undefined) return undefined;
  return (config) => addSorter(config, add, origin, context);
}

function incomplete(problem: string): UsageError {
  return new UsageError(
    'usage',
    `${problem}. To add a sorter, run: civitconfig sorter --add <name> <path or template>`,
  );
}

async function addSorter(config: Config, name: string, origin: string, context: Context): Promise<Config> {
  assertNewName(name, namesIn(config));
  const added = isTemplate(origin)
    ? await checkTemplate(origin)
    : await copySorter(name, origin, config, context);
  return { ...config, sorters: { ...config.sorters, [name]: added } };
}

async function checkTemplate(template: string): Promise<AddedSorter> {
  await checkSorter(templateSorter(template));
  return { template };
}

function deleteSorter(config: Config, name: string): Config {
  if (builtIn.has(name)) throw new UsageError('usage', `Cannot delete sorter '${name}': it is built in.`);
  if (!namesIn(config).includes(name)) throw notAdded(name, config);
  const { [name]: _deleted, ...sorters } = config.sorters;
  const { sorter, ...defaults } = config.defaults;
  return { ...config, sorters, defaults: sorter === name ? defaults : config.defaults };
}

function notAdded(name: string, config: Config): UsageError {
  const meant = closestMatch(name, namesIn(config));
  return new UsageError(
    'usage',
    `Sorter '${name}' not found. ${meant ? `Did you mean '${meant}'?` : 'To list all sorters, run: civitconfig sorter'}`,
  );
}

/** Only when the configuration speaks of them no more: no sorter is ever left without its file. */
async function removeFiles(before: Config, after: Config, context: Context): Promise<void> {
  const folder = await sortersDir(context);
  for (const [name, sorter] of Object.entries(before.sorters))
    if ('file' in sorter && !namesIn(after).includes(name)) await removeSorterFile(join(folder, sorter.file));
}

function tellDefault(before: Config, after: Config, { stderr }: Context): void {
  const { sorter } = mergeOptions(after.defaults);
  if (sorter !== mergeOptions(before.defaults).sorter) stderr.write(`The default sorter is now ${sorter}.\n`);
}

function namesIn({ sorters }: Config): readonly string[] {
  return Object.keys(sorters);
}

/**
 * Copies a sorter's file into the folder of added sorters, and tries the copy, not the original: it stands alone, and
 * what the original imports is not beside it.
 * @param origin the path as it was typed
 * @throws UsageError when there is no such file, SorterError when it can't sort an example: then there is no copy
 */
async function copySorter(
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
  const message = `Cannot add sorter ${origin}: it imports another file or a package, and only a single file can be added. Use it by its path instead: civitdl -s ${origin}`;
  return new SorterError('bad-sorter', message, { cause });
}
