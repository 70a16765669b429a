import { posix, win32 } from 'node:path';
import { z } from 'zod';
import { ConfigError, UsageError } from '../errors.js';
import { isValue, type OptionSpec, type OptionValue, parseValue } from '../option-types.js';
import { optionNames, type PartialOptions, specOf } from '../options.js';
import { stripControlChars } from '../text.js';
import { type Aliases, toAliasName } from './alias.js';
import type { Config } from './schema.js';

/** What another configuration brings. */
export interface ImportedConfig {
  readonly config: Config;
  /** What of it can't be had here, or not as it is there, in words. */
  readonly notes: readonly string[];
}

/** The file of the Python tool (2.x): lists instead of records, and names in snake case. */
const pythonSchema = z.object({
  default: z.record(z.string(), z.unknown()),
  sorters: z.array(z.tuple([z.string()], z.unknown())).default([]),
  aliases: z.array(z.tuple([z.string(), z.string()], z.unknown())).default([]),
});

/**
 * The Python tool's configuration as one of ours.
 * @param path of its file, for the message
 * @throws ConfigError when it is none
 */
export function readPythonConfig(json: unknown, path: string, home: string): ImportedConfig {
  const parsed = pythonSchema.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.');
    throw new ConfigError('bad-config', `The Python civitdl's configuration ${path} is broken: ${where}.`);
  }
  const { default: options, sorters, aliases } = parsed.data;
  const notes: string[] = [];
  const added = sorters.map(([name]) => name).filter((name) => !BUILT_IN_SORTERS.has(name));
  const key = options.api_key;
  const config = {
    apiKey: typeof key === 'string' && /^[\x21-\x7e]+$/.test(key) ? key : undefined,
    defaults: defaultsOf(options, notes),
    aliases: aliasesOf(aliases, home, notes),
    sorters: {},
  };
  const left = added.map((name) => `the sorter ${stripControlChars(name)} is left out: it is in Python`);
  return { config, notes: [...notes, ...left] };
}

/** All others, added or named by a path, are in Python. */
const BUILT_IN_SORTERS = new Set(['basic', 'tags']);
/** Names that early versions of the tool used. */
const FORMER_NAMES: Readonly<Record<string, string>> = { max_image: 'max_images' };

function defaultsOf(options: Readonly<Record<string, unknown>>, notes: string[]): PartialOptions {
  const defaults: Record<string, OptionValue> = {};
  for (const [typed, value] of Object.entries(options)) {
    const snake = FORMER_NAMES[typed] ?? typed;
    if (snake === 'api_key') continue;
    const name = optionNames.find((option) => snakeCase(option) === snake);
    if (!name) {
      notes.push(`the default ${stripControlChars(snake)} is left out: there is no such option`);
    } else if (snake === 'sorter' && !BUILT_IN_SORTERS.has(String(value))) {
      notes.push(`the default sorter stays as it is: ${stripControlChars(String(value))} is in Python`);
    } else {
      const converted = convert(specOf(name), value);
      if (converted === undefined)
        notes.push(`the default ${snake} is left out: it can't have this value here`);
      else defaults[name] = converted;
    }
  }
  return defaults as PartialOptions;
}

/** Numbers are texts there in some places; the empty text is no value. */
function convert(spec: OptionSpec, value: unknown): OptionValue | undefined {
  if (typeof value === 'boolean' || spec.kind === 'switch')
    return isValue(spec, value) ? (value as boolean) : undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  try {
    return parseValue(spec, String(value));
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function aliasesOf(
  pairs: readonly (readonly [string, string, ...unknown[]])[],
  home: string,
  notes: string[],
): Aliases {
  const names = new Set(pairs.map(([name]) => name));
  const aliases: Record<string, string> = {};
  for (const [typed, path] of pairs) {
    const name = nameOf(typed);
    const target = targetOf(path, names, home);
    if (name === undefined || target === undefined || aliases[name] !== undefined) {
      notes.push(`the alias ${stripControlChars(typed)} is left out: it can't be one here`);
      continue;
    }
    aliases[name] = target;
    if (name !== typed) notes.push(`the alias ${stripControlChars(typed)} is ${name} here`);
  }
  return aliases;
}

function nameOf(typed: string): string | undefined {
  try {
    return toAliasName(typed);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function targetOf(path: string, names: ReadonlySet<string>, home: string): string | undefined {
  const { head = '', rest = '' } = /^(?<head>[^/\\]*)(?<rest>.*)$/s.exec(path)?.groups ?? {};
  if (head === '~') return home + rest;
  if (names.has(head)) return `${nameOf(head) ?? head}${rest}`;
  return posix.isAbsolute(path) || win32.isAbsolute(path) ? path : undefined;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
