import type { OptionSpec, ValueOf } from './option-types.js';

/** The table from which flags, stored defaults, limits and help are made, so that they always agree. */
export const optionSpecs = {
  sorter: {
    flags: '-s, --sorter <name or path>',
    description: 'choose folders with a built-in or added sorter, a sorter file (by its path), or a template',
    kind: 'text',
    default: 'basic',
    allowed: 'a name, a path or a template',
    accepts: (text: string) => text !== '',
  },
  maxImages: {
    flags: '-i, --max-images <n>',
    description: 'number of example images per model; 0 downloads none',
    kind: 'integer',
    default: 3,
    min: 0,
    max: 200,
  },
  nsfwMode: {
    flags: '--nsfw-mode <0,1,2>',
    description: "0: only safe images; 1: safe images, and others up to the model's own level; 2: all images",
    kind: 'integer',
    default: 1,
    min: 0,
    max: 2,
  },
  withPrompt: {
    flags: '-p, --with-prompt',
    description: 'save the generation data of each image as JSON next to it',
    kind: 'switch',
    default: true,
  },
  withoutModel: {
    flags: '--without-model',
    description: 'download everything except the model file',
    kind: 'switch',
    default: false,
  },
  retryCount: {
    flags: '--retry-count <n>',
    description: 'number of retries per transfer, after the first attempt',
    kind: 'integer',
    default: 3,
    min: 0,
    max: 100,
  },
  jobs: {
    flags: '-j, --jobs <n>',
    description: 'number of models to download in parallel',
    kind: 'integer',
    default: 1,
    min: 1,
    max: 32,
  },
  connections: {
    flags: '--connections <n>',
    description: 'maximum connections per large file',
    kind: 'integer',
    default: 4,
    min: 1,
    max: 16,
  },
  limitRate: {
    flags: '--limit-rate <bytes/s>',
    description: 'maximum rate of all model files together, such as 500K or 1.5M; 0 means no limit',
    kind: 'rate',
    default: 0,
  },
  timeout: {
    flags: '--timeout <s>',
    description: 'seconds without a byte after which a connection is given up',
    kind: 'number',
    default: 30,
    min: 1,
    max: 3_600,
  },
  pauseTime: {
    flags: '--pause-time <s>',
    description: 'seconds to wait between two model downloads',
    kind: 'number',
    default: 3,
    min: 0,
    max: 86_400,
  },
  cacheMode: {
    flags: '--cache-mode <0,1>',
    description:
      '1: remember where downloaded files are, and reuse them instead of downloading them again; 0: off',
    kind: 'integer',
    default: 1,
    min: 0,
    max: 1,
  },
  strictMode: {
    flags: '--strict-mode <0,1>',
    description:
      "1: accept a file on disk only if its SHA256 matches the server's, verified now or earlier and unchanged since; 0: trust it",
    kind: 'integer',
    default: 1,
    min: 0,
    max: 1,
  },
  allFiles: {
    flags: '--all-files',
    description: 'download every file of a version, not only the primary one; excludes training data',
    kind: 'switch',
    default: false,
  },
  modelOverwrite: {
    flags: '--model-overwrite',
    description: 'download a file even if it already exists',
    kind: 'switch',
    default: false,
  },
  withColor: {
    flags: '--with-color',
    description: 'use colours on a terminal',
    kind: 'switch',
    default: true,
  },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionSpecs;

export type Options = { readonly [Name in OptionName]: ValueOf<(typeof optionSpecs)[Name]> };

/** Typed or stored options; a missing one is undefined. */
export type PartialOptions = { readonly [Name in OptionName]?: Options[Name] | undefined };

export const optionNames = Object.keys(optionSpecs) as OptionName[];

/** Returns an option's spec in its general type, for code that treats all options alike. */
export function specOf(name: OptionName): OptionSpec {
  return optionSpecs[name];
}

/** Takes each option from the first source that has a value, even zero or false, else from the table. */
export function mergeOptions(...sources: readonly PartialOptions[]): Options {
  const value = (name: OptionName) =>
    sources.map((source) => source[name]).find((given) => given !== undefined) ?? optionSpecs[name].default;
  return Object.fromEntries(optionNames.map((name) => [name, value(name)])) as Options;
}
