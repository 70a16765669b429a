import { stripControlChars } from '../../text.js';
import { findPosition, type Position } from './position.js';
import { type Quote, quoteForBash, quoteForPowerShell, splitWords, unquote } from './shell-words.js';
import type { Shell } from './shells.js';
import type { CommandFacts, Word } from './spec.js';
import { matchingWords, type SuggestionContext, type Suggestions, suggest } from './suggestions.js';

/** A press of the Tab key. */
export interface CompletionRequest {
  readonly program: CommandFacts;
  /**
   * What a shell hands over. bash: the line up to the cursor, and the part of it that bash will replace. Others: the
   * words, of which the last one is at the cursor.
   */
  readonly words: readonly string[];
}

/**
 * Returns the lines that the script of a shell reads. The first line has four fields: `files` if files fit as well, else
 * `values`; `nospace` if the word goes on, else `space`; the start of the word that is no part of the value; and what
 * was typed of the value. Each further line is a value, in the form that the shell inserts, with its description.
 */
export async function answerLines(
  shell: Shell,
  request: CompletionRequest,
  context: SuggestionContext,
): Promise<readonly string[]> {
  const line = readers[shell](request.words);
  const [before, current] = [line.words.slice(0, -1), line.words.at(-1) ?? ''];
  if (stripControlChars(current) !== current.trim()) return [];
  const position = findPosition(request.program, before, current);
  const suggestions = await suggest(position, context);
  // zsh and fish match in more ways, such as without regard to case.
  const typed = shell === 'zsh' || shell === 'fish' ? '' : position.typed;
  const words = matchingWords(suggestions.words, typed);
  const { files, isUnfinished } = suggestions;
  const head = [
    files ? 'files' : 'values',
    isUnfinished ? 'nospace' : 'space',
    position.kept,
    position.typed,
  ];
  return [head.join('\t'), ...words.map((word) => writers[shell](word, { ...line, position, suggestions }))];
}

interface Line {
  readonly words: readonly string[];
  readonly quote: Quote;
  /** Only for bash: the number of characters of the word at the cursor that stay. */
  readonly kept: number;
}

const readers: Readonly<Record<Shell, (words: readonly string[]) => Line>> = {
  bash: readBashLine,
  zsh: (words) => ({ words, quote: '', kept: 0 }),
  fish: (words) => ({ words: words.map((word) => unquote(word, '')), quote: '', kept: 0 }),
  // The quotation mark of an unfinished text is still there.
  powershell: (words) => ({
    words: [...words.slice(0, -1), (words.at(-1) ?? '').replace(/^['"\u2018-\u201b]/, '')],
    quote: '',
    kept: 0,
  }),
};

/** bash replaces only what follows the last `=`, `:` or `@` of a word. */
function readBashLine([text = '', replaced = '']: readonly string[]): Line {
  const words = splitWords(text).slice(1);
  const { value, quote } = words.at(-1) ?? { value: '', quote: '' };
  const end = unquote(replaced, quote);
  const kept = value.endsWith(end) ? value.length - end.length : 0;
  return { words: words.map((word) => word.value), quote, kept };
}

interface Written extends Line {
  readonly position: Position;
  readonly suggestions: Suggestions;
}

type Writer = (word: Word, line: Written) => string;

const writers: Readonly<Record<Shell, Writer>> = {
  bash: ({ value }, { position, suggestions, quote, kept }) => {
    const text = (position.kept + value).slice(kept);
    // Beside files, bash quotes the words itself.
    return suggestions.files ? text : quoteForBash(text, quote);
  },
  zsh: ({ value, description }) => {
    const text = value.replace(/[\\:]/g, '\\$&');
    return description === '' ? text : `${text}:${description}`;
  },
  fish: ({ value, description }, { position }) => `${position.kept}${value}\t${description}`,
  powershell: ({ value, description }, { position }) =>
    [position.kept + quoteForPowerShell(value), value, description || value].join('\t'),
};
