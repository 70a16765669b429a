import { toStoredPath } from '../../config/alias.js';
import { readConfig, updateConfig } from '../../config/config.js';
import type { Config } from '../../config/schema.js';
import { UsageError } from '../../errors.js';
import { describeValue, NOT_SET } from '../../options/option-types.js';
import { mergeOptions, optionNames, type PartialOptions, specOf } from '../../options/options.js';
import { type Context, configLocking, configPath, type Output } from '../context.js';
import { openSorter } from '../open-sorter.js';
import { linePrinter, printJson, printLines } from '../print.js';
import { longName } from '../program.js';
import { describeKey, keyEnd } from '../prompt.js';
import { tableLines } from '../terminal/table.js';
import { askVerifiedKey, deleteTrashedKeys, warnOfVariable } from './login.js';

/** Options of `civitconfig default`, which without a change only lists. */
export interface DefaultOptions {
  readonly newDefaults: PartialOptions;
  /** A path sets the root directory, false deletes the stored one. */
  readonly rootDir: string | false | undefined;
  /** True asks for a key and stores it, false deletes the stored one. */
  readonly apiKey: boolean | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Changes defaults if asked to, and prints all defaults.
 * @throws AccessError `key-wrong` if Civitai rejects a new key: then nothing is stored
 */
export async function runDefault(options: DefaultOptions, context: Context): Promise<void> {
  printDefaults(await changeDefaults(options, context), options.json, context.stdout);
}

/** Changes defaults if asked to, and returns the configuration. @throws AccessError, UsageError, SorterError */
export async function changeDefaults(
  { newDefaults, rootDir, apiKey, verbose }: DefaultOptions,
  context: Context,
): Promise<Config> {
  const path = await configPath(context);
  const config = await readConfig(path);
  const isChange = apiKey !== undefined || rootDir !== undefined || Object.keys(newDefaults).length > 0;
  if (!isChange) return config;
  const key = apiKey ? (await askVerifiedKey(config, verbose, context)).key : undefined;
  const change = async (stored: Config): Promise<Config> => ({
    ...stored,
    apiKey: apiKey === undefined ? stored.apiKey : key,
    rootDir: rootDir === undefined ? stored.rootDir : await storedRootDir(rootDir, stored, context),
    defaults: { ...stored.defaults, ...(await withSorterReference(newDefaults, stored, context)) },
  });
  const changed = await updateConfig(path, change, configLocking(context));
  if (apiKey === false) await deleteTrashedKeys(context);
  if (apiKey !== undefined) warnOfVariable(context);
  return changed;
}

async function storedRootDir(
  typed: string | false,
  { aliases }: Config,
  context: Context,
): Promise<string | undefined> {
  if (typed === false) return undefined;
  if (typed !== '') return toStoredPath(typed, aliases, context);
  throw new UsageError(
    'usage',
    'The path of the root directory is empty. To delete the stored one, pass --no-root-dir.',
  );
}

/** Replaces the sorter, which is opened to test it, by a reference that works from any folder. */
async function withSorterReference(
  newDefaults: PartialOptions,
  config: Config,
  context: Context,
): Promise<PartialOptions> {
  if (newDefaults.sorter === undefined) return newDefaults;
  const { reference } = await openSorter(newDefaults.sorter, config, context, linePrinter(context.stderr));
  return { ...newDefaults, sorter: reference };
}

function printDefaults({ apiKey, rootDir, defaults }: Config, json: boolean, stdout: Output): void {
  const options = mergeOptions(defaults);
  if (json) {
    const stored = optionNames.filter((name) => defaults[name] !== undefined);
    const key = { isSet: apiKey !== undefined, end: keyEnd(apiKey) };
    printJson(stdout, { options, stored, rootDir: rootDir ?? null, apiKey: key });
    return;
  }
  const rows = optionNames.map((name) => {
    const spec = specOf(name);
    return [longName(spec.flags), describeValue(spec, options[name])];
  });
  const others = [
    ['root-dir', rootDir ?? NOT_SET],
    ['api-key', describeKey(apiKey)],
  ];
  printLines(stdout, tableLines([...rows, ...others], stdout.columns));
}
