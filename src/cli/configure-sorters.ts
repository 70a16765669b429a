import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SorterError, UsageError } from '../errors.js';
import { nearest } from '../nearest.js';
import { mergeOptions } from '../options.js';
import { plainText } from '../plain-text.js';
import { builtIn } from '../sorter/built-in.js';
import { findSorterFile } from '../sorter/load.js';
import { fileSorter } from '../sorter/sorter-file.js';
import { checkNewName } from '../sorter/sorter-name.js';
import { isTemplate, templateSorter } from '../sorter/template.js';
import { trySorter } from '../sorter/trial.js';
import { type AddedSorter, type Config, readConfig, writeConfig } from '../store/config.js';
import { copyPrivate } from '../store/private-copy.js';
import { type Context, configPath } from './context.js';
import { sayOnStderr, sortersDir, threadOptions } from './sorters.js';

/** What `civitconfig sorter` is to change. */
export interface SortersRequest {
  /** `origin` is the path of a file, or a template. */
  readonly add?: { readonly name: string; readonly origin: string } | undefined;
  readonly remove?: string | undefined;
}

/**
 * Changes what was asked for, and lists all sorters.
 * @throws UsageError, or SorterError when a new sorter can't sort an example: then nothing is changed
 */
export async function configureSorters({ add, remove }: SortersRequest, context: Context): Promise<void> {
  if (add) await addSorter(add.name, add.origin, context);
  if (remove !== undefined) await deleteSorter(remove, context);
  const config = await readConfig(await configPath(context));
  for (const line of listing(config)) context.stdout.write(`${line}\n`);
}

async function addSorter(name: string, origin: string, context: Context): Promise<void> {
  const path = await configPath(context);
  checkNewName(name, namesIn(await readConfig(path)));
  const added = isTemplate(origin) ? await checkTemplate(origin) : await copyFile(name, origin, context);
  const config = await readConfig(path);
  await writeConfig(path, { ...config, sorters: { ...config.sorters, [name]: added } });
}

async function checkTemplate(template: string): Promise<AddedSorter> {
  await trySorter(templateSorter(template));
  return { template };
}

/** Tries the copy, not the original: it stands alone, and what the original imports is not beside it. */
async function copyFile(name: string, origin: string, context: Context): Promise<AddedSorter> {
  const source = await findSorterFile(origin, context);
  const file = `${name}.mjs`;
  const copy = join(await sortersDir(context), file);
  await copyPrivate(source, copy);
  try {
    const sorter = await fileSorter(copy, origin, threadOptions(context, sayOnStderr(context)));
    await trySorter(sorter);
    return { file, description: sorter.description };
  } catch (error) {
    await rm(copy, { force: true });
    throw needsMore(error) ? notAlone(origin, error) : error;
  }
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

async function deleteSorter(name: string, context: Context): Promise<void> {
  if (builtIn.has(name))
    throw new UsageError('usage', `The sorter '${name}' is built in and can't be deleted.`);
  const path = await configPath(context);
  const config = await readConfig(path);
  const { [name]: removed, ...sorters } = config.sorters ?? {};
  if (!removed || !namesIn(config).includes(name)) throw notAdded(name, config);
  const { sorter, ...defaults } = config.defaults;
  const isDefault = sorter === name;
  await writeConfig(path, { ...config, sorters, defaults: isDefault ? defaults : config.defaults });
  if ('file' in removed) await rm(join(await sortersDir(context), removed.file), { force: true });
  if (isDefault) context.stderr.write(`The default sorter is ${mergeOptions().sorter} again.\n`);
}

function notAdded(name: string, config: Config): UsageError {
  const meant = nearest(name, namesIn(config));
  return new UsageError(
    'usage',
    `There is no added sorter '${name}'${meant ? `, did you mean '${meant}'?` : '.'}`,
  );
}

function namesIn({ sorters }: Config): readonly string[] {
  return Object.keys(sorters ?? {});
}

function listing(config: Config): readonly string[] {
  const chosen = mergeOptions(config.defaults).sorter;
  const rows = new Map([
    ...[...builtIn].map(([name, { description }]): [string, string] => [name, description]),
    ...Object.entries(config.sorters ?? {}).map(([name, sorter]): [string, string] => [
      name,
      describe(sorter),
    ]),
  ]);
  const width = Math.max(...[...rows.keys()].map((name) => name.length)) + 2;
  const lines = [...rows].map(
    ([name, description]) => `${name.padEnd(width)}${description}${name === chosen ? ' (default)' : ''}`,
  );
  return [...lines, ...(rows.has(chosen) ? [] : [`${chosen} (default)`])].map(plainText);
}

function describe(sorter: AddedSorter): string {
  return 'template' in sorter ? `the template ${sorter.template}` : (sorter.description ?? 'no description');
}
