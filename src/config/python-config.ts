import { posix, win32 } from 'node:path';
import { z } from 'zod';
import { ConfigError, UsageError } from '../errors.js';
import { isValue, type OptionSpec, type OptionValue, parseValue } from '../options/option-types.js';
import { type OptionName, optionNames, type PartialOptions, specOf } from '../options/options.js';
import { stripControlChars } from '../text.js';
import { type Aliases, parseAliasName } from './alias.js';
import { type Config, isApiKey } from './schema.js';

export interface ImportedConfig {
  readonly config: Config;
  /** Settings that were skipped or changed, with the reason. */
  readonly notes: readonly string[];
}

/** Version 2 of the Python civitdl has lists instead of records, and names in snake case. */
const pythonSchema = z.object({
  default: z.record(z.string(), z.unknown()),
  sorters: z.array(z.tuple([z.string()], z.unknown())).default([]),
  aliases: z.array(z.tuple([z.string(), z.string()], z.unknown())).default([]),
});

/** All other sorters are written in Python. */
const BUILT_IN_SORTERS = new Set(['basic', 'tags']);
/** By names of early versions. */
const RENAMED_OPTIONS: Readonly<Record<string, string>> = { max_image: 'max_images' };

/** Converts a configuration of the Python civitdl. */
export function parsePythonConfig(json: unknown, path: string, home: string): ImportedConfig {
  const parsed = pythonSchema.safeParse(json);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join('.');
    throw new ConfigError(
      'bad-config',
      `The configuration ${path} of the Python civitdl is not valid at ${place}.`,
    );
  }
  const { default: options, sorters, aliases } = parsed.data;
  const notes: string[] = [];
  const key = options.api_key;
  const config = {
    apiKey: typeof key === 'string' && isApiKey(key) ? key : undefined,
    defaults: convertDefaults(options, notes),
    aliases: convertAliases(aliases, home, notes),
    sorters: {},
  };
  for (const [name] of sorters) {
    if (!BUILT_IN_SORTERS.has(name))
      notes.push(`the sorter ${stripControlChars(name)} is skipped: it is written in Python`);
  }
  return { config, notes };
}

function convertDefaults(options: Readonly<Record<string, unknown>>, notes: string[]): PartialOptions {
  const defaults: Record<string, OptionValue> = {};
  for (const [typed, value] of Object.entries(options)) {
    const snakeName = RENAMED_OPTIONS[typed] ?? typed;
    if (snakeName === 'api_key') continue;
    const converted = convertDefault(snakeName, value);
    if ('note' in converted) notes.push(converted.note);
    else defaults[converted.name] = converted.value;
  }
  return defaults as PartialOptions;
}

function convertDefault(
  snakeName: string,
  value: unknown,
): { readonly name: OptionName; readonly value: OptionValue } | { readonly note: string } {
  const name = optionNames.find((option) => toSnakeCase(option) === snakeName);
  if (!name) return { note: `the default ${stripControlChars(snakeName)} is skipped: unknown option` };
  if (name === 'sorter' && !BUILT_IN_SORTERS.has(String(value)))
    return { note: `the default sorter is kept: ${stripControlChars(String(value))} is written in Python` };
  const converted = convertValue(specOf(name), value);
  return converted === undefined
    ? { note: `the default ${snakeName} is skipped: its value is not allowed here` }
    : { name, value: converted };
}

/** Some numbers are stored as text there, and an empty text is a missing value. */
function convertValue(spec: OptionSpec, value: unknown): OptionValue | undefined {
  if (typeof value === 'boolean' || spec.kind === 'switch')
    return isValue(spec, value) ? (value as boolean) : undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return undefinedIfInvalid(() => parseValue(spec, String(value)));
}

function convertAliases(
  pairs: readonly (readonly [name: string, path: string, ...unknown[]])[],
  home: string,
  notes: string[],
): Aliases {
  const names = new Set(pairs.map(([name]) => name));
  const aliases: Record<string, string> = {};
  for (const [typed, typedPath] of pairs) {
    const name = convertAliasName(typed);
    const path = convertAliasPath(typedPath, names, home);
    if (name === undefined || path === undefined || aliases[name] !== undefined) {
      notes.push(`the alias ${stripControlChars(typed)} is skipped: its name or path is not allowed here`);
      continue;
    }
    aliases[name] = path;
    if (name !== typed) notes.push(`the alias ${stripControlChars(typed)} is renamed to ${name}`);
  }
  return aliases;
}

function convertAliasName(typed: string): string | undefined {
  return undefinedIfInvalid(() => parseAliasName(typed));
}

function convertAliasPath(path: string, names: ReadonlySet<string>, home: string): string | undefined {
  const { first = '', remaining = '' } = /^(?<first>[^/\\]*)(?<remaining>.*)$/s.exec(path)?.groups ?? {};
  if (first === '~') return home + remaining;
  if (names.has(first)) return `${convertAliasName(first) ?? first}${remaining}`;
  return posix.isAbsolute(path) || win32.isAbsolute(path) ? path : undefined;
}

function undefinedIfInvalid<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
