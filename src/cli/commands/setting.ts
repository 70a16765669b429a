import type { Config } from '../../config/schema.js';
import { UsageError } from '../../errors.js';
import { describeValue, NOT_SET, type OptionValue, parseValue } from '../../options/option-types.js';
import { mergeOptions, type OptionName, optionNames, optionWords, specOf } from '../../options/options.js';
import { closestMatch } from '../../text.js';
import { type Context, configPath } from '../context.js';
import { printJson, printLines } from '../print.js';
import { API_KEY, longName, ROOT_DIR, settingNames } from '../program.js';
import { describeKey, keyEnd } from '../prompt.js';
import { changeDefaults, type DefaultOptions } from './default.js';

/** Returns the options of `default` that change nothing. */
const noChange: Omit<DefaultOptions, 'json'> = {
  newDefaults: {},
  rootDir: undefined,
  apiKey: undefined,
  verbose: false,
};

/** Prints the value of one setting: the stored one, or else the default. @throws UsageError if it is unknown */
export async function runGet(name: string, json: boolean, context: Context): Promise<void> {
  const wanted = parseName(name);
  printSetting(wanted, await changeDefaults({ ...noChange, json }, context), json, context);
}

/** Stores the value of one setting and prints it. @throws UsageError if the name or the value is invalid */
export async function runSet(name: string, value: string, json: boolean, context: Context): Promise<void> {
  const wanted = parseName(name);
  if (wanted === API_KEY) {
    throw new UsageError(
      'usage',
      "The API key is not taken as an argument, because other users could read it. Run 'civitconfig login'.",
    );
  }
  const change =
    wanted === ROOT_DIR ? { rootDir: value } : { newDefaults: { [wanted]: parseSetting(wanted, value) } };
  printSetting(wanted, await changeDefaults({ ...noChange, ...change, json }, context), json, context);
}

/** Prints the path of the configuration file. */
export async function runPath(json: boolean, context: Context): Promise<void> {
  const path = await configPath(context);
  if (json) printJson(context.stdout, { config: path });
  else printLines(context.stdout, [path]);
}

type SettingName = OptionName | typeof ROOT_DIR | typeof API_KEY;

function parseName(typed: string): SettingName {
  if (typed === ROOT_DIR || typed === API_KEY) return typed;
  const option =
    optionNames.find((name) => longName(specOf(name).flags) === typed) ??
    optionWords.find(({ flags }) => longName(flags) === typed)?.option;
  if (option) return option;
  const words = optionWords.map(({ flags }) => longName(flags));
  const closest = closestMatch(typed, [...settingNames, ...words]);
  const advice = closest ? `Did you mean ${closest}?` : `Settings: ${settingNames.join(', ')}.`;
  throw new UsageError('usage', `There is no setting '${typed}'. ${advice}`);
}

const SWITCH_VALUES: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  off: false,
  false: false,
  no: false,
};

/** Accepts the value of the option, and the words for it. */
function parseSetting(name: OptionName, text: string): OptionValue {
  const spec = specOf(name);
  const switched = Object.hasOwn(SWITCH_VALUES, text) ? SWITCH_VALUES[text] : undefined;
  if (spec.kind === 'switch') {
    if (switched !== undefined) return switched;
    throw new UsageError('usage', `${longName(spec.flags)}: '${text}' is not on or off.`);
  }
  const words = optionWords.filter(({ option }) => option === name);
  const byWord = words.map(({ values }) => (typeof values === 'object' ? values[text] : undefined));
  const bySwitch = words.map(({ flags, values }) =>
    typeof values !== 'object' && switched === !flags.startsWith('--no-') ? values : undefined,
  );
  return [...byWord, ...bySwitch].find((value) => value !== undefined) ?? parseValue(spec, text);
}

function printSetting(name: SettingName, config: Config, json: boolean, { stdout }: Context): void {
  const { apiKey, rootDir } = config;
  if (name === API_KEY) {
    if (json) printJson(stdout, { isSet: apiKey !== undefined, end: keyEnd(apiKey) });
    else printLines(stdout, [describeKey(apiKey)]);
    return;
  }
  if (name === ROOT_DIR) {
    if (json) printJson(stdout, rootDir ?? null);
    else printLines(stdout, [rootDir ?? NOT_SET]);
    return;
  }
  const value = mergeOptions(config.defaults)[name];
  if (json) printJson(stdout, value);
  else printLines(stdout, [describeValue(specOf(name), value)]);
}
