import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeAtomic } from '../atomic-file.js';
import { ConfigError } from '../errors.js';
import { errnoCode, fileFailure } from '../file-failure.js';
import {
  allowedNumbers,
  type NumberSpec,
  optionNames,
  optionSpecs,
  type PartialOptions,
} from '../options.js';

/** What `civitconfig` keeps between runs. */
export interface Config {
  readonly apiKey?: string | undefined;
  readonly defaults: PartialOptions;
  /** By name. */
  readonly sorters?: Readonly<Record<string, AddedSorter>> | undefined;
}

/** A file in the folder of added sorters, or a template. */
export type AddedSorter =
  | { readonly file: string; readonly description?: string | undefined }
  | { readonly template: string };

const VERSION = 1;
const EMPTY: Config = { defaults: {} };

const defaultsSchema = z.strictObject(
  Object.fromEntries(optionNames.map((name) => [name, optionSchema(optionSpecs[name]).optional()])),
);

const sorterSchema = z.union([
  z.strictObject({
    file: z.string().regex(/^[^/\\]+$/, 'must be the name of a file'),
    description: z.string().optional(),
  }),
  z.strictObject({ template: z.string().min(1) }),
]);

const configSchema = z.strictObject({
  version: z.literal(VERSION),
  apiKey: z.string().min(1).optional(),
  defaults: defaultsSchema.optional(),
  sorters: z.record(z.string(), sorterSchema).optional(),
});

function optionSchema(spec: (typeof optionSpecs)[keyof typeof optionSpecs]): z.ZodType {
  if (spec.kind === 'switch') return z.boolean('must be true or false');
  if (spec.kind === 'text') return z.string('must be a text').min(1, 'must not be empty');
  const message = `must be ${allowedNumbers(spec satisfies NumberSpec)}`;
  const number = spec.kind === 'integer' ? z.int(message) : z.number(message);
  return number.min(spec.least, message).max(spec.most, message);
}

/**
 * Reads the configuration; a file that is not there is an empty one.
 * @throws ConfigError naming file and field when it is broken, FileSystemError when it can't be read
 */
export async function readConfig(path: string): Promise<Config> {
  const text = await readText(path);
  if (text === undefined) return EMPTY;
  const parsed = configSchema.safeParse(parseJson(text, path));
  if (parsed.success) {
    const { apiKey, defaults, sorters } = parsed.data;
    return { apiKey, defaults: (defaults ?? {}) as PartialOptions, sorters };
  }
  const [issue] = parsed.error.issues;
  throw new ConfigError('bad-config', `The configuration ${path} has a wrong value: ${describe(issue)}.`);
}

/** Replaces the configuration as a whole, readable by its owner only, since it holds the key. */
export async function writeConfig(path: string, { apiKey, defaults, sorters }: Config): Promise<void> {
  const text = JSON.stringify({ version: VERSION, apiKey, defaults, sorters }, null, 2);
  await writeAtomic(path, `${text}\n`, { mode: 0o600, directoryMode: 0o700 });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw fileFailure(error, path, 'read');
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
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
  return `${issue.path.join('.') || 'the whole'}: ${issue.message}`;
}
