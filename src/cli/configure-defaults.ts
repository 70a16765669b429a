import { getAccount } from '../civitai/client.js';
import { AccessError } from '../errors.js';
import { mergeOptions, optionNames, optionSpecs, type PartialOptions } from '../options.js';
import { plainText } from '../plain-text.js';
import { type Config, readConfig, writeConfig } from '../store/config.js';
import { longName } from './command-line.js';
import { type Context, configPath } from './context.js';
import { askKey } from './key.js';
import { baseUrlOf, openNetwork } from './network.js';
import { describeProblem } from './report/problem.js';
import { openSorter, sayOnStderr } from './sorters.js';

/** What `civitconfig default` is to change. */
export interface DefaultsRequest {
  readonly options: PartialOptions;
  /** True asks for a key, false forgets the stored one. */
  readonly apiKey: boolean | undefined;
}

/**
 * Changes what was asked for, and prints all defaults.
 * @throws AccessError `key-wrong` when Civitai refuses a new key: then nothing is stored
 */
export async function configureDefaults(
  { options, apiKey }: DefaultsRequest,
  context: Context,
): Promise<void> {
  const path = await configPath(context);
  const config = await readConfig(path);
  const changed: Config = {
    ...config,
    apiKey: apiKey === undefined ? config.apiKey : apiKey ? await newKey(context) : undefined,
    defaults: { ...config.defaults, ...(await checked(options, config, context)) },
  };
  const isChange = apiKey !== undefined || Object.keys(options).length > 0;
  if (isChange) await writeConfig(path, changed);
  for (const [name, value] of tableOf(changed)) context.stdout.write(`${name.padEnd(18)}${value}\n`);
}

/** A sorter that works, called so that it is found from any folder. */
async function checked(options: PartialOptions, config: Config, context: Context): Promise<PartialOptions> {
  if (options.sorter === undefined) return options;
  const { reference } = await openSorter(options.sorter, config, context, sayOnStderr(context));
  return { ...options, sorter: reference };
}

/** A key that Civitai accepts; one that can't be checked now is taken with a warning. */
async function newKey(context: Context): Promise<string> {
  const key = await askKey(context);
  const baseUrl = await baseUrlOf(context.env);
  const http = await openNetwork(context, baseUrl, key);
  try {
    const { username } = await getAccount(http, baseUrl, context.interrupted);
    context.stderr.write(`The key belongs to ${plainText(username)}.\n`);
  } catch (error) {
    context.interrupted.throwIfAborted();
    if (error instanceof AccessError && error.code === 'no-access') {
      throw new AccessError('key-wrong', 'Civitai refuses this key, so it was not stored.', { cause: error });
    }
    context.stderr.write(`warning: the key was stored unchecked. ${describeProblem(error).message}\n`);
  } finally {
    await http.close();
  }
  return key;
}

function tableOf({ apiKey, defaults }: Config): readonly (readonly [string, string])[] {
  const options = mergeOptions(defaults);
  const shown = (value: number | boolean | string) =>
    typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
  return [
    ...optionNames.map((name) => [longName(optionSpecs[name].flags), shown(options[name])] as const),
    ['api-key', shownKey(apiKey)],
  ];
}

/** The end of a key is enough to tell keys apart, unless there is hardly more of it. */
function shownKey(key: string | undefined): string {
  if (key === undefined) return 'not set';
  return key.length >= 16 ? `set, ends with ${key.slice(-4)}` : 'set';
}
