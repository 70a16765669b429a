import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { homepage } from '../version.js';

/** Texts with their explanations, as two columns. */
export type Rows = readonly (readonly [text: string, explanation: string])[];

const DEFAULT_COLUMNS = 80;
const INDENT = ' '.repeat(6);

const DOWNLOAD_EXAMPLES: Rows = [
  ['civitdl 191977 ./models', 'a model by the number in the address of its page'],
  ["civitdl 'https://civitai.com/models/191977?modelVersionId=205511' ./models", 'a version by its page'],
  ['civitdl batch.txt -o ./models --jobs 4 --failed failed.txt', 'all models of a list, four at a time'],
  ['civitdl 191977 ~/ComfyUI', 'into the folders of ComfyUI'],
  ['civitdl 191977 ./models -n', 'only show what would be downloaded'],
  ["civitdl search 'paper lantern' -o ./models", 'find models, and choose which to download'],
  ['civitdl info 191977', 'the versions, files and licence of a model'],
];

const CONFIG_EXAMPLES: Rows = [
  ['civitconfig login', 'store the API key for all downloads'],
  ['civitconfig default --root-dir ~/models', "download to this folder: 'civitdl 191977' is enough then"],
  ['civitconfig set max-images 0', 'download no images'],
  ['civitconfig cache --scan ~/models', 'reuse the files that are already there'],
];

const VARIABLES: Rows = [
  ['CIVITAI_API_KEY', 'the API key; CIVITAI_TOKEN if it is not set'],
  ['HTTPS_PROXY, NO_PROXY', 'the proxy, and the hosts that are reached without it'],
  ['NO_COLOR', 'no colours if it is set'],
  ['CIVITDL_CONFIG_DIR', 'the folder of the settings'],
  ['CIVITDL_CACHE_DIR', 'the folder of the list of downloaded files'],
  ['CIVITAI_BASE_URL', 'another origin of the API, such as a mirror'],
];

/** What the help and the man page of a command have in common. */
export const helpRows = {
  civitdl: { examples: DOWNLOAD_EXAMPLES, variables: VARIABLES },
  civitconfig: { examples: CONFIG_EXAMPLES, variables: VARIABLES },
} as const;

/** Adds examples, environment variables and the address of the pages to the help of `civitdl`. */
export function downloadHelp(program: Command): Command {
  return addSections(program, DOWNLOAD_EXAMPLES, 'civitdl.md');
}

/** Adds the same to the help of `civitconfig`. */
export function configHelp(program: Command): Command {
  return addSections(program, CONFIG_EXAMPLES, 'civitconfig.md');
}

function addSections(program: Command, examples: Rows, page: string): Command {
  const path = fileURLToPath(new URL(`../../doc/${page}`, import.meta.url));
  return program.addHelpText('after', () => {
    const columns = program.configureOutput().getOutHelpWidth?.() ?? DEFAULT_COLUMNS;
    const help = program.createHelp();
    help.prepareContext({ helpWidth: columns });
    const width = Math.max(...VARIABLES.map(([name]) => name.length));
    const explain = (text: string) => help.boxWrap(text, columns - 1 - INDENT.length).split('\n');
    return [
      '',
      'Examples:',
      ...examples.flatMap(([command, text]) => [
        `  ${command}`,
        ...explain(text).map((line) => INDENT + line),
      ]),
      '',
      'Environment variables:',
      ...VARIABLES.map(([name, text]) => help.formatItem(name, width, text, help)),
      '',
      `Pages: ${homepage}`,
      `       ${path}`,
    ].join('\n');
  });
}
