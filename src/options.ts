import type { OptionSpec, ValueOf } from './option-types.js';

/**
 * The user's options: one table from which come the flags of the command line, the stored defaults, their limits and
 * their help, so that a flag and its stored default can't disagree.
 */
export const optionSpecs = {
  sorter: {
    flags: '-s, --sorter <name or path>',
    description: 'decides folders: a built-in or added sorter, the path of a sorter file, or a template',
    kind: 'text',
    default: 'basic',
    allowed: 'a name, a path or a template',
    accepts: (text: string) => text !== '',
  },
  maxImages: {
    flags: '-i, --max-images <n>',
    description: 'example images per model; 0 downloads none',
    kind: 'integer',
    default: 3,
    min: 0,
    max: 200,
  },
  nsfwMode: {
    flags: '--nsfw-mode <0,1,2>',
    description: "0: only safe images; 1: safe ones, and others up to the model's own level; 2: all",
    kind: 'integer',
    default: 1,
    min: 0,
    max: 2,
  },
  withPrompt: {
    flags: '-p, --with-prompt',
    description: "write each image's generation data as JSON beside it",
    kind: 'switch',
    default: true,
  },
  withoutModel: {
    flags: '--without-model',
    description: 'everything but the model file',
    kind: 'switch',
    default: false,
  },
  retryCount: {
    flags: '--retry-count <n>',
    description: 'retries after the first try, per transfer',
    kind: 'integer',
    default: 3,
    min: 0,
    max: 100,
  },
  jobs: {
    flags: '-j, --jobs <n>',
    description: 'models at a time',
    kind: 'integer',
    default: 1,
    min: 1,
    max: 32,
  },
  connections: {
    flags: '--connections <n>',
    description: 'connections per large file, at most; as many as help are used',
    kind: 'integer',
    default: 4,
    min: 1,
    max: 16,
  },
  limitRate: {
    flags: '--limit-rate <bytes/s>',
    description: 'limit for model files, all connections together, like 500K or 1.5M; 0 is none',
    kind: 'rate',
    default: 0,
  },
  pauseTime: {
    flags: '--pause-time <s>',
    description: 'seconds between two model downloads',
    kind: 'number',
    default: 3,
    min: 0,
    max: 86_400,
  },
  cacheMode: {
    flags: '--cache-mode <0,1>',
    description: '1: remember where each downloaded file is, and take it from there instead of the network',
    kind: 'integer',
    default: 1,
    min: 0,
    max: 1,
  },
  strictMode: {
    flags: '--strict-mode <0,1>',
    description:
      "1: a file found on disk counts only if its SHA256 is the server's, checked now or earlier and unchanged since",
    kind: 'integer',
    default: 1,
    min: 0,
    max: 1,
  },
  allFiles: {
    flags: '--all-files',
    description: 'every file of a version, not only its primary one; no training data',
    kind: 'switch',
    default: false,
  },
  modelOverwrite: {
    flags: '--model-overwrite',
    description: 'download even if the file is there',
    kind: 'switch',
    default: false,
  },
  withColor: {
    flags: '--with-color',
    description: 'colours on a terminal',
    kind: 'switch',
    default: true,
  },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionSpecs;

/** All options with their values. */
export type Options = { readonly [Name in OptionName]: ValueOf<(typeof optionSpecs)[Name]> };

/** Options as typed or as stored: what is missing is undefined. */
export type PartialOptions = { readonly [Name in OptionName]?: Options[Name] | undefined };

export const optionNames = Object.keys(optionSpecs) as OptionName[];

/** What the table says of an option, for whoever treats all of them alike. */
export function specOf(name: OptionName): OptionSpec {
  return optionSpecs[name];
}

/** The first source that has a value wins, per option; zero and false are values. */
export function mergeOptions(...sources: readonly PartialOptions[]): Options {
  const value = (name: OptionName) =>
    sources.map((source) => source[name]).find((given) => given !== undefined) ?? optionSpecs[name].default;
  return Object.fromEntries(optionNames.map((name) => [name, value(name)])) as Options;
}
