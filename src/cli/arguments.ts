import { resolve } from 'node:path';
import { parseItem } from '../civitai/parse-source.js';
import { redactSecrets } from '../civitai/source-url.js';
import type { PathContext } from '../config/alias.js';
import { isDirectory, mayExist, statIfExists } from '../disk/files.js';
import { expandHome } from '../disk/paths.js';
import { splitBatch } from '../download/sources.js';
import { UsageError } from '../errors.js';
import { stripControlChars } from '../text.js';
import { shellQuote } from './shell-quote.js';

/** The typed paths, and the other two places of the root directory. */
export interface TypedPaths {
  readonly paths: readonly string[];
  /** The value of `--output`. */
  readonly output: string | undefined;
  /** The root directory in the configuration. */
  readonly storedRoot: string | undefined;
}

export interface Arguments {
  readonly sources: readonly string[];
  readonly root: string;
  readonly rootFrom: RootOrigin;
}

export type RootOrigin = 'argument' | 'output' | 'stored';

/** The commands of civitconfig, some of which people type after the name of the other program. */
export const CONFIG_COMMANDS: readonly string[] = [
  ...['login', 'logout', 'whoami', 'default', 'get', 'set', 'path', 'sorter', 'alias', 'settings', 'cache'],
  'completion',
];
const UPDATES: readonly string[] = ['update', 'upgrade'];

/** Sources that the example of a message repeats. */
const MAX_SHOWN_SOURCES = 3;

/**
 * Splits the arguments into sources and the root directory, which is the last one unless it is named or stored.
 * @throws UsageError with the command to type
 */
export function splitPaths({ paths, output, storedRoot }: TypedPaths, context: PathContext): Arguments {
  const last = paths.at(-1);
  if (last === undefined) throw missingSourceError(output);
  const path = resolve(context.cwd, expandHome(last, context.home));
  if (paths.length === 1) assertNoCommand(last, path);
  if (output !== undefined) return { sources: paths, root: output, rootFrom: 'output' };
  const isSource = looksLikeSource(last) && !isDirectory(path);
  // A stored root directory leaves no doubt what an existing file is.
  const isBatchFile = storedRoot !== undefined && statIfExists(path)?.isFile() === true;
  if (paths.length > 1 && !isSource && !isBatchFile)
    return { sources: paths.slice(0, -1), root: last, rootFrom: 'argument' };
  if (storedRoot !== undefined) return { sources: paths, root: storedRoot, rootFrom: 'stored' };
  throw new UsageError('usage', missingRoot(paths, last, context));
}

/** @throws UsageError if a word is a command that people expect here, and no file */
function assertNoCommand(word: string, path: string): void {
  const isConfig = CONFIG_COMMANDS.includes(word);
  if ((!isConfig && !UPDATES.includes(word)) || mayExist(path)) return;
  const advice = isConfig
    ? `Did you mean 'civitconfig ${word}'?`
    : 'To download the latest versions of models, type their sources again:\ncivitdl 191977 ./models --versions latest';
  throw new UsageError('usage', `civitdl has no command '${word}'. ${advice}`);
}

/** Returns the error of a command without any source. */
export function missingSourceError(output: string | undefined): UsageError {
  const lines =
    output === undefined
      ? [
          'A source and a root directory are missing. For example, to download a model:',
          'civitdl 191977 ./models',
          "To see all options, run 'civitdl --help'.",
        ]
      : [`A source is missing. Type: civitdl 191977 -o ${shellQuote(stripControlChars(output))}`];
  return new UsageError('usage', lines.join('\n'));
}

function looksLikeSource(text: string): boolean {
  const items = splitBatch(text);
  return items.length > 0 && items.every((item) => item.text === '-' || isSourceText(item.text));
}

/** Whether a text is a source, or a list of them. An invalid one, such as a URL of another host, counts as a source, too. */
function isSourceText(text: string): boolean {
  try {
    return parseItem(text).kind !== 'path';
  } catch (error) {
    if (error instanceof UsageError) return true;
    throw error;
  }
}

function missingRoot(paths: readonly string[], last: string, context: PathContext): string {
  const shown = stripControlChars(redactSecrets(last));
  if (paths.length === 1 && isDirectory(resolve(context.cwd, expandHome(last, context.home))))
    return `A source is missing: only the folder '${shown}' was given. Type: civitdl 191977 ${shellQuote(shown)}`;
  const words = paths
    .slice(0, MAX_SHOWN_SOURCES)
    .map((path) => shellQuote(stripControlChars(redactSecrets(path))));
  const command = ['civitdl', ...words, ...(paths.length > words.length ? ['...'] : []), './models'].join(
    ' ',
  );
  const reason = paths.length === 1 ? `only '${shown}' was given` : `'${shown}' is not a folder`;
  const newFolder =
    paths.length > 1 && looksLikeSource(last) && !/[/:]/.test(last)
      ? [`To create a folder of that name, type './${shown}'.`]
      : [];
  return [
    `The root directory is missing: ${reason}. Type: ${command}`,
    ...newFolder,
    "To store one for all runs, run 'civitconfig default --root-dir ./models'.",
  ].join('\n');
}
