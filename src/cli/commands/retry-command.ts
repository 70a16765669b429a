import type { Outcome } from '../../download/events.js';
import { UsageError } from '../../errors.js';
import type { PartialOptions } from '../../options.js';
import { stripControlChars } from '../../text.js';
import { toArgv } from '../program.js';

/** What was typed beside the sources. */
export interface Typed {
  readonly root: string;
  readonly options: PartialOptions;
  readonly askKey: boolean;
  readonly file?: string | undefined;
  readonly forceSpace?: boolean;
  /** The file that is to take what fails. */
  readonly failed?: string | undefined;
}

/** Sources that fit a command which a person copies. */
const MAX_SOURCES = 20;

/** The command that tries these sources again, as it would be typed: with the same options, and asking for the key again. */
export function retryCommand(
  sources: readonly string[],
  { root, options, askKey, file, forceSpace, failed }: Typed,
): string {
  const asked = [
    ...(askKey ? ['-k'] : []),
    ...(file === undefined ? [] : ['--file', file]),
    ...(forceSpace ? ['--force-space'] : []),
  ];
  const list = failed === undefined ? [] : ['--failed', failed];
  const words = ['civitdl', ...new Set(sources), root, ...asked, ...toArgv(options), ...list];
  return words.map((word) => shellQuoted(stripControlChars(word))).join(' ');
}

/** Whether it makes sense to try something again as it is: not where it was no source. */
export function isRetryable(outcome: Outcome): boolean {
  if (outcome.status === 'failed')
    return !(outcome.error instanceof UsageError && outcome.error.code === 'bad-source');
  return outcome.status === 'not-started';
}

/**
 * How to try again what failed or was not started, in lines; none where nothing is to be tried.
 * @param sources what was typed
 */
export function retryLines(
  outcomes: readonly Outcome[],
  typed: Typed & { readonly sources: readonly string[] },
): readonly string[] {
  const sources = new Set(outcomes.filter(isRetryable).map(({ subject }) => subject.text));
  if (sources.size === 0) return [];
  if (typed.failed !== undefined)
    return ['To try what failed again:', `  ${retryCommand([typed.failed], typed)}`];
  if (sources.size <= MAX_SOURCES)
    return ['To try what failed again:', `  ${retryCommand([...sources], typed)}`];
  return [
    `To try what failed again, and have a list of what fails then, since ${sources.size} sources are many to type:`,
    `  ${retryCommand(typed.sources, { ...typed, failed: 'failed.txt' })}`,
  ];
}

function shellQuoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
