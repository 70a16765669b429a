import type { PartialOptions } from '../options.js';
import { plainText } from '../plain-text.js';
import { typeOptions } from './command-line.js';

/** The command that tries these sources again, as it would be typed: with the same options, and asking for the key again. */
export function retryCommand(
  sources: readonly string[],
  {
    root,
    options,
    askKey,
    file,
  }: {
    readonly root: string;
    readonly options: PartialOptions;
    readonly askKey: boolean;
    readonly file?: string | undefined;
  },
): string {
  const asked = [...(askKey ? ['-k'] : []), ...(file === undefined ? [] : ['--file', file])];
  const words = ['civitdl', ...new Set(sources), root, ...asked, ...typeOptions(options)];
  return words.map((word) => shellQuoted(plainText(word))).join(' ');
}

function shellQuoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
