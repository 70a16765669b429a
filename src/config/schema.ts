import { posix, win32 } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { describeAllowed, isValue, type OptionSpec } from '../options/option-types.js';
import { optionNames, type PartialOptions, specOf } from '../options/options.js';
import { type Aliases, isAliasName } from './alias.js';

export interface Config {
  readonly apiKey?: string | undefined;
  /** The folder to download to if none is typed; may start with an alias or `~`. */
  readonly rootDir?: string | undefined;
  readonly defaults: PartialOptions;
  readonly aliases: Aliases;
  readonly sorters: Readonly<Record<string, AddedSorter>>;
}

/** A file in the folder of added sorters, or a template. */
export type AddedSorter =
  | { readonly file: string; readonly description?: string | undefined }
  | { readonly template: string };

export const EMPTY_CONFIG: Config = { defaults: {}, aliases: {}, sorters: {} };

const VERSION = 2;

const defaultsSchema = z.strictObject(
  Object.fromEntries(optionNames.map((name) => [name, optionSchema(specOf(name)).optional()])),
);

function optionSchema(spec: OptionSpec): z.ZodType {
  return z.custom((value) => isValue(spec, value), `must be ${describeAllowed(spec)}`);
}

/** Absolute on any system, because settings can be exported and imported. */
const storedPath = z
  .string()
  .refine(
    (path) => posix.isAbsolute(path) || win32.isAbsolute(path) || /^(@[^/\\]|~([/\\]|$))/.test(path),
    'must be an absolute path, or start with an alias or ~',
  );

const aliasName = z.string().refine(isAliasName, 'must be an @ and a name without / and \\');

const sorterSchema = z.union([
  z.strictObject({
    file: z.string().regex(/^[^/\\]+$/, 'must be the name of a file'),
    description: z.string().optional(),
  }),
  z.strictObject({ template: z.string().min(1) }),
]);

const configSchema = z.strictObject({
  version: z.literal(VERSION),
  apiKey: z.string().refine(isApiKey, 'must be text without spaces').optional(),
  rootDir: storedPath.optional(),
  defaults: defaultsSchema.default({}),
  aliases: z.record(aliasName, storedPath).default({}),
  sorters: z.record(z.string(), sorterSchema).default({}),
});

/** Whether a text can be sent as a key: printable ASCII without spaces. */
export function isApiKey(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** Whether a JSON value is a configuration of the Python civitdl, whose version is a text or missing. */
export function isPythonConfig(json: unknown): boolean {
  if (typeof json !== 'object' || json === null || !('default' in json)) return false;
  return !('version' in json) || typeof json.version === 'string';
}

/**
 * Parses a configuration of this or an earlier version.
 * @param path of the file, for the message
 * @throws ConfigError naming file and field
 */
export function parseConfig(text: string, path: string): Config {
  const json = parseJson(text, path);
  if (isPythonConfig(json))
    throw new ConfigError('python-config', `The configuration ${path} belongs to the Python civitdl.`);
  const parsed = configSchema.safeParse(migrate(json, path));
  if (!parsed.success) {
    const problem = describeIssue(parsed.error.issues[0]);
    throw new ConfigError('bad-config', `The configuration ${path} has an invalid value: ${problem}.`);
  }
  const { apiKey, rootDir, defaults, aliases, sorters } = parsed.data;
  return { apiKey, rootDir, defaults: defaults as PartialOptions, aliases, sorters };
}

export function formatConfig({ apiKey, rootDir, defaults, aliases, sorters }: Config): string {
  return `${JSON.stringify({ version: VERSION, apiKey, rootDir, defaults, aliases, sorters }, null, 2)}\n`;
}

export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    // The message of the parser may quote the text, and so the key.
    const position = error instanceof Error ? /position \d+/.exec(error.message)?.[0] : undefined;
    throw new ConfigError('bad-config', `The configuration ${path} is not valid JSON.`, { cause: position });
  }
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys')
    return `unknown field ${[...issue.path, issue.keys.join(', ')].join('.')}`;
  const message =
    issue?.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue?.message;
  return `${issue?.path.join('.') || 'top level'}: ${message}`;
}

type Json = Readonly<Record<string, unknown>>;

/** By the version that they convert to the next one. */
const MIGRATIONS: Readonly<Record<number, (config: Json) => Json>> = {
  // Version 2 added aliases and sorters.
  1: (config) => ({ ...config, version: 2 }),
};

/** Converts a configuration of an earlier version; the caller has to validate the result. */
function migrate(config: unknown, path: string): unknown {
  if (typeof config !== 'object' || config === null || !('version' in config)) return config;
  const { version } = config;
  if (typeof version !== 'number' || version === VERSION) return config;
  if (version > VERSION) {
    throw new ConfigError(
      'newer-config',
      `The configuration ${path} has version ${version}, written by a newer civitdl. This civitdl supports version ${VERSION}.`,
    );
  }
  const migration = MIGRATIONS[version];
  return migration ? migrate(migration({ ...config }), path) : config;
}
