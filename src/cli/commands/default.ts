import { getAccount } from '../../civitai/client.js';
import { readConfig, updateConfig } from '../../config/config.js';
import type { Config } from '../../config/schema.js';
import { AccessError } from '../../errors.js';
import { openHttp, readBaseUrl } from '../../http/open-http.js';
import { formatValue } from '../../option-types.js';
import { mergeOptions, optionNames, type PartialOptions, specOf } from '../../options.js';
import { stripControlChars } from '../../text.js';
import { type Context, configPath } from '../context.js';
import { openSorter, sayOnStderr } from '../open-sorter.js';
import { longName } from '../program.js';
import { askKey, describeKey, keyEnd } from '../prompt.js';
import { describeProblem } from '../report/error-report.js';
import { tableLines } from '../terminal/table.js';

/** What `civitconfig default` is to change. */
export interface DefaultsRequest {
  readonly options: PartialOptions;
  /** True asks for a key, false forgets the stored one. */
  readonly apiKey: boolean | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Changes what was asked for, and prints all defaults.
 * @throws AccessError `key-wrong` when Civitai refuses a new key: then nothing is stored
 */
export async function configureDefaults(request: DefaultsRequest, context: Context): Promise<void> {
  const { options, apiKey, json, verbose } = request;
  const path = await configPath(context);
  const config = await readConfig(path);
  const isChange = apiKey !== undefined || Object.keys(options).length > 0;
  const key = apiKey ? await newKey(context, verbose) : undefined;
  const change = async (stored: Config): Promise<Config> => ({
    ...stored,
    apiKey: apiKey === undefined ? stored.apiKey : key,
    defaults: { ...stored.defaults, ...(await checked(options, stored, context)) },
  });
  const locking = { lock: context.lock, signal: context.interrupted };
  print(isChange ? await updateConfig(path, change, locking) : config, json, context);
}

/** A sorter that works, called so that it is found from any folder. */
async function checked(options: PartialOptions, config: Config, context: Context): Promise<PartialOptions> {
  if (options.sorter === undefined) return options;
  const { reference } = await openSorter(options.sorter, config, context, sayOnStderr(context));
  return { ...options, sorter: reference };
}

/** A key that Civitai accepts; one that can't be checked now is taken with a warning. */
async function newKey(context: Context, verbose: boolean): Promise<string> {
  const key = await askKey(context);
  const baseUrl = await readBaseUrl(context.env);
  const trace = verbose ? (line: string) => context.stderr.write(`${line}\n`) : undefined;
  const http = await openHttp(context, baseUrl, key, trace);
  try {
    const { username } = await getAccount(http, baseUrl, context.interrupted);
    context.stderr.write(`The API key belongs to ${stripControlChars(username)}.\n`);
  } catch (error) {
    context.interrupted.throwIfAborted();
    if (error instanceof AccessError && error.code === 'no-access') {
      throw new AccessError('key-wrong', 'Civitai rejected the API key, so it was not stored.', {
        cause: error,
      });
    }
    context.stderr.write(
      `warning: the API key was stored without verifying it. ${describeProblem(error).message}\n`,
    );
  } finally {
    await http.close();
  }
  return key;
}

function print({ apiKey, defaults }: Config, json: boolean, { stdout }: Pick<Context, 'stdout'>): void {
  const options = mergeOptions(defaults);
  if (json) {
    const stored = optionNames.filter((name) => defaults[name] !== undefined);
    const key = { isSet: apiKey !== undefined, end: keyEnd(apiKey) };
    stdout.write(`${JSON.stringify({ options, stored, apiKey: key })}\n`);
    return;
  }
  const rows = optionNames.map((name) => {
    const spec = specOf(name);
    return [longName(spec.flags), formatValue(spec, options[name])];
  });
  const lines = tableLines([...rows, ['api-key', describeKey(apiKey)]], stdout.columns);
  for (const line of lines) stdout.write(`${line}\n`);
}
