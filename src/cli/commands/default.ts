import { getAccount } from '../../civitai/client.js';
import { readConfig, updateConfig } from '../../config/config.js';
import type { Config } from '../../config/schema.js';
import { AccessError } from '../../errors.js';
import { assertNetworkEnvironment, openHttp, readBaseUrl } from '../../http/open-http.js';
import { formatValue } from '../../option-types.js';
import { mergeOptions, optionNames, type PartialOptions, specOf } from '../../options.js';
import { stripControlChars } from '../../text.js';
import { type Context, configLocking, configPath, type Output } from '../context.js';
import { openSorter } from '../open-sorter.js';
import { linePrinter, printJson, printLines } from '../print.js';
import { longName } from '../program.js';
import { askKey, describeKey, keyEnd } from '../prompt.js';
import { describeProblem } from '../report/error-report.js';
import { tableLines } from '../terminal/table.js';

/** Options of `civitconfig default`, which without a change only lists. */
export interface DefaultOptions {
  readonly newDefaults: PartialOptions;
  /** True asks for a key and stores it, false deletes the stored one. */
  readonly apiKey: boolean | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Changes defaults if asked to, and prints all defaults.
 * @throws AccessError `key-wrong` if Civitai rejects a new key: then nothing is stored
 */
export async function runDefault(
  { newDefaults, apiKey, json, verbose }: DefaultOptions,
  context: Context,
): Promise<void> {
  const path = await configPath(context);
  const config = await readConfig(path);
  const isChange = apiKey !== undefined || Object.keys(newDefaults).length > 0;
  const key = apiKey ? await askVerifiedKey(context, verbose) : undefined;
  const change = async (stored: Config): Promise<Config> => ({
    ...stored,
    apiKey: apiKey === undefined ? stored.apiKey : key,
    defaults: { ...stored.defaults, ...(await withSorterReference(newDefaults, stored, context)) },
  });
  const current = isChange ? await updateConfig(path, change, configLocking(context)) : config;
  printDefaults(current, json, context.stdout);
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

/** Asks for a key and verifies it; a key that cannot be verified now is accepted with a warning. */
async function askVerifiedKey(context: Context, verbose: boolean): Promise<string> {
  const baseUrl = readBaseUrl(context.env);
  assertNetworkEnvironment(context.env);
  const key = await askKey(context);
  const trace = verbose ? linePrinter(context.stderr) : undefined;
  const http = await openHttp(context, baseUrl, key, trace);
  try {
    const { username } = await getAccount({ http, baseUrl, trace }, context.interrupted);
    const owner = username === undefined ? 'is valid' : `belongs to ${stripControlChars(username)}`;
    context.stderr.write(`The API key ${owner}.\n`);
  } catch (error) {
    context.interrupted.throwIfAborted();
    if (error instanceof AccessError && error.code === 'no-access') {
      throw new AccessError('key-wrong', 'Civitai rejected the API key, so it was not stored.', {
        cause: error,
      });
    }
    const { message } = describeProblem(error);
    context.stderr.write(`warning: the API key was stored without verifying it. ${message}\n`);
  } finally {
    await http.close();
  }
  return key;
}

function printDefaults({ apiKey, defaults }: Config, json: boolean, stdout: Output): void {
  const options = mergeOptions(defaults);
  if (json) {
    const stored = optionNames.filter((name) => defaults[name] !== undefined);
    printJson(stdout, { options, stored, apiKey: { isSet: apiKey !== undefined, end: keyEnd(apiKey) } });
    return;
  }
  const rows = optionNames.map((name) => {
    const spec = specOf(name);
    return [longName(spec.flags), formatValue(spec, options[name])];
  });
  printLines(stdout, tableLines([...rows, ['api-key', describeKey(apiKey)]], stdout.columns));
}
