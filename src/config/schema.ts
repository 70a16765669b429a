import { posix, win32 } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { describeAllowed, isValue, type OptionSpec } from '../option-types.js';
import { optionNames, type PartialOptions, specOf } from '../options.js';
import { type Aliases, isAliasName } from './alias.js';

/** Of the format of the configuration that is written now. */
const VERSION = 2;

const defaultsSchema = z.strictObject(
  Object.fromEntries(optionNames.map((name) => [name, optionSchema(specOf(name)).optional()])),
);

/** Both kinds of absolute path, since a configuration may come from another system. */
const aliasPath = z
  .string()
  .refine(
    (path) => posix.isAbsolute(path) || win32.isAbsolute(path) || /^(@[^/\\]|~([/\\]|$))/.test(path),
    'must be an absolute path, or start with an alias or ~',
  );

const aliasName = z.string().refine(isAliasName, 'must be an @ and a name without / and \\');

/** The name of a file in the folder of added sorters, or a template. */
const sorterSchema = z.union([
  z.strictObject({
    file: z.string().regex(/^[^/\\]+$/, 'must be the name of a file'),
    description: z.string().optional(),
  }),
  z.strictObject({ template: z.string().min(1) }),
]);

const configSchema = z.strictObject({
  version: z.literal(VERSION),
  apiKey: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be a text without blanks')
    .optional(),
  defaults: defaultsSchema.default({}),
  aliases: z.record(aliasName, aliasPath).default({}),
  sorters: z.record(z.string(), sorterSchema).default({}),
});

function optionSchema(spec: OptionSpec): z.ZodType {
  return z.custom((value) => isValue(spec, value), `must be ${describeAllowed(spec)}`);
}

/**
 * Reads a configuration of this or an earlier version.
 * @param path of its file, for the message
 * @throws ConfigError naming file and field
 */
export function parseConfig(text: string, path: string): Config {
  const json = parseJson(text, path);
  if (isPythonConfig(json)) {
    throw new ConfigError('python-config', `The configuration ${path} is one of the Python civitdl.`);
  }
  const parsed = configSchema.safeParse(migrate(json, path));
  if (!parsed.success) {
    const problem = describe(parsed.error.issues[0]);
    throw new ConfigError('bad-config', `The configuration ${path} has a wrong value: ${problem}.`);
  }
  const { apiKey, defaults, aliases, sorters } = parsed.data;
  return { apiKey, defaults: defaults as PartialOptions, aliases, sorters };
}

/** A configuration as it is stored, which is what {@link parseConfig} reads. */
export function formatConfig({ apiKey, defaults, aliases, sorters }: Config): string {
  return `${JSON.stringify({ version: VERSION, apiKey, defaults, aliases, sorters }, null, 2)}\n`;
}

/**
 * @param path of the text's file, for the message
 * @throws ConfigError
 */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    // The parser's own message may quote the text, and the text may be the key.
    throw new ConfigError('bad-config', `The configuration ${path} is no valid JSON.`, {
      cause: positionOf(error),
    });
  }
}

function positionOf(error: unknown): string | undefined {
  return error instanceof Error ? /position \d+/.exec(error.message)?.[0] : undefined;
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return 'it can not be understood';
  if (issue.code === 'unrecognized_keys')
    return `unknown field ${[...issue.path, issue.keys.join(', ')].join('.')}`;
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return `${issue.path.join('.') || 'the whole'}: ${message}`;
}

/** What `civitconfig` keeps between runs. */
export interface Config {
  readonly apiKey?: string | undefined;
  readonly defaults: PartialOptions;
  readonly aliases: Aliases;
  /** By name. */
  readonly sorters: Readonly<Record<string, AddedSorter>>;
}

/** A file in the folder of added sorters, or a template. */
export type AddedSorter =
  | { readonly file: string; readonly description?: string | undefined }
  | { readonly template: string };

export const EMPTY_CONFIG: Config = { defaults: {}, aliases: {}, sorters: {} };

type Json = Readonly<Record<string, unknown>>;

/** How a configuration of an earlier version becomes one of the next, by the earlier one's number. */
const migrations: Readonly<Record<number, (config: Json) => Json>> = {
  // The second one has aliases and added sorters besides.
  1: (config) => ({ ...config, version: 2 }),
};

/**
 * A configuration of an earlier version as one of this version; whether it is a good one is not checked.
 * @param path of its file, for the message
 * @throws ConfigError `newer-config` when it is of a later version
 */
function migrate(config: unknown, path: string): unknown {
  if (typeof config !== 'object' || config === null || !('version' in config)) return config;
  const { version } = config;
  if (typeof version !== 'number' || version === VERSION) return config;
  if (version > VERSION) {
    throw new ConfigError(
      'newer-config',
      `The configuration ${path} is of version ${version}, written by a newer civitdl; this one knows version ${VERSION}.`,
    );
  }
  const step = migrations[version];
  return step ? migrate(step({ ...config }), path) : config;
}

/** Whether a JSON value is a configuration of the Python tool: its options are under `default`, and its version is a text, if any. */
export function isPythonConfig(json: unknown): boolean {
  if (typeof json !== 'object' || json === null || !('default' in json)) return false;
  return !('version' in json) || typeof json.version === 'string';
}
