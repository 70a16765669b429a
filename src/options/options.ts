import { isHeaderText, isProxyUrl, type OptionSpec, type ValueOf, type WordSpec } from './option-types.js';
import { selectionSpecs } from './selection-options.js';
import { parseSidecars, sidecarFormats } from './sidecar-formats.js';

/** Headings of the help. */
export const optionGroups = {
  choice: 'What to download:',
  place: 'Where to put it:',
  reuse: 'Existing files:',
  network: 'Network:',
  output: 'Output:',
  after: 'After the download:',
} as const;

const { choice, place, reuse, network, output } = optionGroups;

/** The table from which flags, stored defaults, limits and help are made, so that they always agree. */
export const optionSpecs = {
  sorter: {
    flags: '-s, --sorter <name or path>',
    group: place,
    description: 'choose folders with a built-in or added sorter, a sorter file (by its path), or a template',
    kind: 'text',
    default: 'auto',
    allowed: 'a name, a path or a template',
    accepts: (text: string) => text !== '',
  },
  maxImages: {
    flags: '-i, --max-images <n>',
    group: choice,
    description: 'number of example images per model; 0 downloads none',
    kind: 'integer',
    default: 3,
    min: 0,
    max: 200,
  },
  nsfwMode: {
    flags: '--nsfw-mode <0,1,2>',
    group: choice,
    description: "0: only safe images; 1: safe images, and others up to the model's own level; 2: all images",
    kind: 'integer',
    default: 1,
    min: 0,
    max: 2,
  },
  withPrompt: {
    flags: '-p, --with-prompt',
    group: choice,
    description: 'save the generation data of each image as JSON next to it',
    kind: 'switch',
    default: true,
  },
  withoutModel: {
    flags: '--without-model',
    group: choice,
    description: 'download everything except the model file',
    kind: 'switch',
    default: false,
  },
  ...selectionSpecs,
  retryCount: {
    flags: '--retry-count <n>',
    group: network,
    description: 'number of retries per transfer, after the first attempt',
    kind: 'integer',
    default: 3,
    min: 0,
    max: 100,
  },
  jobs: {
    flags: '-j, --jobs <n>',
    group: network,
    description: 'number of models to download in parallel',
    kind: 'integer',
    default: 1,
    min: 1,
    max: 32,
  },
  connections: {
    flags: '--connections <n>',
    group: network,
    description: 'maximum connections per large file',
    kind: 'integer',
    default: 4,
    min: 1,
    max: 16,
  },
  limitRate: {
    flags: '--limit-rate <bytes/s>',
    group: network,
    description: 'maximum rate of all model files together, such as 500K or 1.5M; 0 means no limit',
    kind: 'rate',
    default: 0,
  },
  timeout: {
    flags: '--timeout <s>',
    group: network,
    description: 'seconds without a byte after which a connection is given up',
    kind: 'number',
    default: 30,
    min: 1,
    max: 3_600,
  },
  pauseTime: {
    flags: '--pause-time <s>',
    group: network,
    description: 'seconds to wait between two downloads of model files',
    kind: 'number',
    default: 3,
    min: 0,
    max: 86_400,
  },
  cacheMode: {
    flags: '--cache-mode <0,1>',
    group: reuse,
    description:
      '1: remember where downloaded files are, and reuse them instead of downloading them again; 0: off',
    kind: 'integer',
    default: 1,
    min: 0,
    max: 1,
  },
  strictMode: {
    flags: '--strict-mode <0,1>',
    group: reuse,
    description:
      "1: accept a file on disk only if its SHA256 matches the server's, verified now or earlier and unchanged since; 0: trust it",
    kind: 'integer',
    default: 1,
    min: 0,
    max: 1,
  },
  fileNames: {
    flags: '--file-names <auto,original,ids>',
    group: place,
    description:
      "original: Civitai's names; ids: names with the ids of model and version; auto: original in the folders of an application, elsewhere ids",
    kind: 'text',
    default: 'auto',
    allowed: 'auto, original or ids',
    accepts: (text: string) => ['auto', 'original', 'ids'].includes(text),
    choices: ['auto', 'original', 'ids'],
  },
  sidecars: {
    flags: '--sidecars <auto,none,all,list>',
    group: place,
    description: `files for applications next to each model, such as ${sidecarFormats.slice(0, 2).join(',')}; auto: what the application in the root directory reads`,
    kind: 'text',
    default: 'auto',
    allowed: `auto, none, all, or a list of ${sidecarFormats.join(', ')}`,
    accepts: (text: string) => parseSidecars(text) !== false,
    choices: ['auto', 'none', 'all', ...sidecarFormats],
  },
  allFiles: {
    flags: '--all-files',
    group: choice,
    description: 'download every file of a version, not only the primary one; excludes training data',
    kind: 'switch',
    default: false,
  },
  modelOverwrite: {
    flags: '--model-overwrite',
    group: reuse,
    description: 'download a file even if it already exists',
    kind: 'switch',
    default: false,
  },
  withColor: {
    flags: '--with-color',
    group: output,
    description: 'use colours on a terminal',
    kind: 'switch',
    default: true,
  },
  proxy: {
    flags: '--proxy <url>',
    group: network,
    description:
      "send all requests through this proxy; 'environment' uses that of the environment, 'none' ignores it",
    kind: 'text',
    default: 'environment',
    allowed:
      "the address of an http or https proxy, such as http://proxy.example:3128, 'environment' or 'none'. A user name and a password belong into HTTPS_PROXY, because other users can read arguments",
    accepts: (text: string) => text === 'environment' || text === 'none' || isProxyUrl(text),
    choices: ['environment', 'none'],
  },
  userAgent: {
    flags: '--user-agent <text>',
    group: network,
    description: "the User-Agent of all requests; 'civitdl' also sends the version",
    kind: 'text',
    default: 'civitdl',
    allowed: 'text of printable ASCII characters',
    accepts: isHeaderText,
  },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionSpecs;

export type Options = { readonly [Name in OptionName]: ValueOf<(typeof optionSpecs)[Name]> };

/** Words for the numbers of the table. */
export const optionWords: readonly WordSpec<OptionName>[] = [
  {
    flags: '--no-images',
    group: choice,
    description: 'same as --max-images 0',
    option: 'maxImages',
    values: 0,
  },
  {
    flags: '--nsfw <safe,model,all>',
    group: choice,
    description: "same as --nsfw-mode: safe is 0, model (up to the model's own level) is 1, all is 2",
    option: 'nsfwMode',
    values: { safe: 0, model: 1, all: 2 },
  },
  ...switchWords('--cache', 'cacheMode', reuse, '--cache-mode'),
  ...switchWords('--strict', 'strictMode', reuse, '--strict-mode'),
  {
    flags: '--no-proxy',
    group: network,
    description: 'same as --proxy none',
    option: 'proxy',
    values: 'none',
  },
  {
    flags: '--color',
    group: output,
    description: 'same as --with-color',
    option: 'withColor',
    values: true,
  },
  {
    flags: '--no-color',
    group: output,
    description: 'same as --no-with-color',
    option: 'withColor',
    values: false,
  },
];

function switchWords(
  flags: string,
  option: OptionName,
  group: string,
  documented: string,
): readonly WordSpec<OptionName>[] {
  return [1, 0].map((value) => ({
    flags: value === 1 ? flags : flags.replace('--', '--no-'),
    group,
    description: `same as ${documented} ${value}`,
    option,
    values: value,
  }));
}

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
