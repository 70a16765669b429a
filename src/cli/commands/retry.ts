import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { writeAtomic } from '../../disk/atomic-write.js';
import { errnoCode } from '../../disk/errors.js';
import { removeIfExists } from '../../disk/files.js';
import { expandHome } from '../../disk/paths.js';
import type { Outcome } from '../../download/events.js';
import { FileSystemError, UsageError } from '../../errors.js';
import type { PartialOptions } from '../../options.js';
import { stripControlChars } from '../../text.js';
import type { Context } from '../context.js';
import { toArgv } from '../program.js';
import { describeProblem } from '../report/error-report.js';

/** How a file that is ours begins. */
const MARK = '# What failed in a run of civitdl';

type Unfinished = Extract<Outcome, { status: 'failed' | 'not-started' }>;

/** A batch file that takes what fails in a run. */
export interface FailedFile {
  /** Absolute path. */
  readonly path: string;
  /**
   * Lists what failed and what was not started; where there is nothing of that, the list of an earlier run is removed.
   * @param head what is said of the run, a line each
   * @returns whether there is a list now
   * @throws FileSystemError
   */
  write(outcomes: readonly Outcome[], head: readonly string[]): Promise<boolean>;
}

/**
 * Looks whether a path may take the list of what fails.
 * @throws UsageError when something else is there
 */
export async function openFailedFile(
  typed: string,
  { cwd, home }: Pick<Context, 'cwd' | 'home'>,
): Promise<FailedFile> {
  const path = resolve(cwd, expandHome(typed, home));
  const problem = await foreignContent(path);
  if (problem !== undefined) throw new UsageError('usage', `--failed can't write ${path}: ${problem}`);
  return {
    path,
    write: async (outcomes, head) => {
      // It is some time since the first look.
      const stranger = await foreignContent(path);
      if (stranger !== undefined)
        throw new FileSystemError('file-system', `Can't write ${path}: ${stranger}`);
      const unfinished = outcomes.filter(
        (outcome) => outcome.status === 'failed' || outcome.status === 'not-started',
      );
      if (unfinished.length > 0) await writeAtomic(path, failedList(unfinished, head));
      else removeIfExists(path);
      return unfinished.length > 0;
    },
  };
}

/** The batch file as text: before each source, why it is there. What is no source is there as a comment only. */
export function failedList(unfinished: readonly Unfinished[], head: readonly string[]): string {
  const seen = new Set<string>();
  const items = unfinished.flatMap((outcome) => {
    const { subject, status, error } = outcome;
    if (seen.has(subject.text)) return [];
    seen.add(subject.text);
    const place = subject.origin ? `${subject.origin.file}:${subject.origin.line}: ` : '';
    const state = status === 'not-started' ? 'not started: ' : '';
    const why = comment(place + state + describeProblem(error).message);
    return [why, isRetryable(outcome) ? subject.text : comment(subject.text)];
  });
  return [MARK, ...head.map(comment), '#', ...items, ''].join('\n');
}

function comment(text: string): string {
  return `# ${stripControlChars(text)}`;
}

/** What is wrong with a path; undefined where nothing is there, nothing is in it, or it is ours. */
async function foreignContent(path: string): Promise<string | undefined> {
  try {
    const content = await readFile(path, 'utf8');
    const isOurs = content === '' || content.startsWith(MARK);
    return isOurs ? undefined : 'there is a file that this option has not written.';
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT') return undefined;
    return code === 'EISDIR' ? 'it is a folder.' : `what is there can't be read (${code}).`;
  }
}

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
function isRetryable(outcome: Outcome): boolean {
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
