import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expandPath, resolveAlias } from '../../config/alias.js';
import type { StoredNames } from '../../config/stored-names.js';
import { isDirectory } from '../../disk/files.js';
import type { BaseFolders } from '../../disk/paths.js';
import { builtInDescriptions } from '../../sorter/built-in-descriptions.js';
import { stripControlChars } from '../../text.js';
import type { Position } from './position.js';
import type { Operand, Word } from './spec.js';

/** What a shell offers. */
export interface Suggestions {
  /** Those that start with what was typed, or, for a shell that matches in more ways, all. */
  readonly words: readonly Word[];
  /** Whether the shell offers files as well. */
  readonly files: boolean;
  /** Whether the user goes on typing in the same word. */
  readonly isUnfinished: boolean;
}

export interface SuggestionContext {
  readonly folders: BaseFolders;
  /** Read from the configuration each time, so that new names are offered in shells that are open. */
  readonly stored: () => Promise<StoredNames>;
}

/** Returns what can be typed at a position. */
export async function suggest(position: Position, context: SuggestionContext): Promise<Suggestions> {
  const { operand, typed, takesOption, takesSubcommand, command } = position;
  const commands = takesSubcommand
    ? command.subcommands.map(({ name, description }) => ({ value: name, description }))
    : [];
  const options = takesOption ? optionWords(position) : [];
  const values = operand ? await valuesOf(operand, typed, context) : NOTHING;
  return { ...values, words: [...commands, ...values.words, ...options] };
}

const NOTHING: Suggestions = { words: [], files: false, isUnfinished: false };

function optionWords({ command: { options }, typed }: Position): readonly Word[] {
  const isLong = typed.startsWith('--');
  return options.flatMap(({ short, long, description }) => [
    { value: `--${long}`, description },
    ...(short === undefined || isLong ? [] : [{ value: `-${short}`, description }]),
  ]);
}

async function valuesOf(
  operand: Operand,
  typed: string,
  { stored, folders }: SuggestionContext,
): Promise<Suggestions> {
  const complete = (words: readonly Word[]) => ({ ...NOTHING, words });
  switch (operand.kind) {
    case 'words':
      return complete(listWords(operand, typed));
    case 'path':
      return { ...NOTHING, files: true };
    case 'folder':
      return folderSuggestions(typed, await stored(), folders);
    case 'alias':
      return complete(aliasWords(await stored(), folders));
    case 'added sorter':
      return complete(addedSorters(await stored()));
    case 'sorter': {
      const words = [...builtInSorters(), ...addedSorters(await stored())];
      // Files would hide the names, which most users want.
      return { ...complete(words), files: !words.some(({ value }) => value.startsWith(typed)) };
    }
    default:
      return NOTHING;
  }
}

/** After a comma, the words that can continue the list. */
function listWords(
  { words, accepts }: Extract<Operand, { readonly kind: 'words' }>,
  typed: string,
): readonly Word[] {
  const list = typed.slice(0, typed.lastIndexOf(',') + 1);
  if (list === '' || !accepts) return words;
  const used = list.split(',');
  return words
    .filter(({ value }) => !used.includes(value) && accepts(list + value))
    .map(({ value, description }) => ({ value: list + value, description }));
}

async function folderSuggestions(
  typed: string,
  stored: StoredNames,
  folders: BaseFolders,
): Promise<Suggestions> {
  const inside = /^@[^/\\]+[/\\](.*[/\\])?/s.exec(typed)?.[0];
  if (inside !== undefined) {
    const words = await foldersIn(inside, stored, folders);
    return { words, files: words.length === 0, isUnfinished: words.length > 0 };
  }
  const words = aliasWords(stored, folders);
  const isName = typed.startsWith('@') && words.some(({ value }) => value.startsWith(typed));
  return { ...NOTHING, words: typed === '' || isName ? words : [], files: !isName };
}

/** @param start a path that begins with an alias and ends with a separator */
async function foldersIn(start: string, stored: StoredNames, folders: BaseFolders): Promise<readonly Word[]> {
  try {
    const folder = await expandPath(start, stored.aliases, folders);
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.') && isDirectory(join(folder, name)))
      .map((name) => ({ value: `${start}${name}/`, description: '' }));
  } catch {
    return [];
  }
}

function aliasWords({ aliases }: StoredNames, folders: BaseFolders): readonly Word[] {
  return Object.entries(aliases).map(([value, path]) => ({
    value,
    description: resolvedPath(value, path, { aliases, folders }),
  }));
}

function resolvedPath(
  name: string,
  path: string,
  { aliases, folders }: Pick<StoredNames, 'aliases'> & Pick<SuggestionContext, 'folders'>,
): string {
  try {
    return resolveAlias(name, aliases, folders);
  } catch {
    return path;
  }
}

function addedSorters({ sorters }: StoredNames): readonly Word[] {
  return Object.entries(sorters).map(([value, description]) => ({ value, description }));
}

function builtInSorters(): readonly Word[] {
  return [...builtInDescriptions].map(([value, description]) => ({ value, description }));
}

/** Keeps the words that start with what was typed, and makes their descriptions single lines. */
export function matchingWords(words: readonly Word[], typed: string): readonly Word[] {
  return words
    .filter(({ value }) => value.startsWith(typed) && stripControlChars(value) === value)
    .map(({ value, description }) => ({ value, description: stripControlChars(description) }));
}
