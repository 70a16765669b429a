import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import { redactSecrets } from '../../civitai/source-url.js';
import type { PathContext } from '../../config/alias.js';
import { writeAtomic } from '../../disk/atomic-write.js';
import { errnoCode } from '../../disk/errors.js';
import { removeIfExists } from '../../disk/files.js';
import { absolutePath } from '../../disk/paths.js';
import type { Outcome } from '../../download/events.js';
import { FileSystemError, isFinal, UsageError } from '../../errors.js';
import type { PartialOptions } from '../../options/options.js';
import { stripControlChars } from '../../text.js';
import type { RootOrigin } from '../arguments.js';
import { toArgv } from '../program.js';
import { describeProblem } from '../report/error-report.js';
import { quoteWord } from '../shell-quote.js';
import { type Layout, logLayout } from '../terminal/layout.js';

/** The first line of each file that `--failed` has written. */
const HEADER = '# What failed in a run of civitdl';

/** The most sources that a command to copy may have. */
const MAX_SOURCES = 20;

type Unfinished = Extract<Outcome, { status: 'failed' | 'not-started' }>;

/** The batch file of `--failed`. */
export interface FailedFile {
  /** Absolute. */
  readonly path: string;
  /**
   * Lists what failed and what was not started; if there is nothing to list, removes the file of an earlier run.
   * @param head comment lines about the run
   * @returns whether the file exists now
   * @throws FileSystemError
   */
  write(outcomes: readonly Outcome[], head: readonly string[]): Promise<boolean>;
}

/**
 * Checks that the file of `--failed` can be written: only a file that an earlier run wrote is ever replaced.
 * @throws UsageError if the path is taken
 */
export async function openFailedFile(typedPath: string, context: PathContext): Promise<FailedFile> {
  const path = absolutePath(typedPath, context);
  const problem = await readPathProblem(path);
  if (problem !== undefined)
    throw new UsageError('usage', `--failed cannot write ${path}: ${problem} Choose another file.`);
  return {
    path,
    write: async (outcomes, head) => {
      // Checked again: the run may have taken hours.
      const newProblem = await readPathProblem(path);
      if (newProblem !== undefined)
        throw new FileSystemError('file-system', `Cannot write ${path}: ${newProblem}`);
      const unfinished = outcomes.filter(
        (outcome) => outcome.status === 'failed' || outcome.status === 'not-started',
      );
      if (unfinished.length > 0) await writeAtomic(path, failedList(unfinished, head));
      else removeIfExists(path);
      return unfinished.length > 0;
    },
  };
}

/** @returns why the path cannot be written; undefined if it is free, empty, or written by an earlier run */
async function readPathProblem(path: string): Promise<string | undefined> {
  try {
    const content = await readFile(path, 'utf8');
    const isOwn = content === '' || content.startsWith(HEADER);
    return isOwn ? undefined : 'the file already exists and was not written by --failed.';
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT') return undefined;
    return code === 'EISDIR' ? 'it is a folder.' : `it cannot be read (${code}).`;
  }
}

/** Formats the batch file: each source below its reason. What can never work stands apart, in comments. */
export function failedList(unfinished: readonly Unfinished[], head: readonly string[]): string {
  const passing = firstOfEach(unfinished.filter(isRetryable));
  const listed = new Set(passing.map(({ subject }) => subject.text));
  const final = firstOfEach(unfinished.filter(({ subject }) => !listed.has(subject.text)));
  return [
    HEADER,
    ...head.map(comment),
    '#',
    ...passing.flatMap((outcome) => [reasonOf(outcome), outcome.subject.text]),
    ...(passing.length > 0 && final.length > 0 ? ['#'] : []),
    ...(final.length > 0 ? ['# These can never work:'] : []),
    ...final.flatMap((outcome) => [reasonOf(outcome), comment(outcome.subject.text)]),
    '',
  ].join('\n');
}

/** Returns the first outcome of each source. */
function firstOfEach(outcomes: readonly Unfinished[]): readonly Unfinished[] {
  const seen = new Set<string>();
  return outcomes.filter(({ subject }) => !seen.has(subject.text) && seen.add(subject.text));
}

function reasonOf({ subject, status, error }: Unfinished): string {
  const place = subject.origin ? `${subject.origin.file}:${subject.origin.line}: ` : '';
  const list = subject.list === undefined ? '' : `${subject.list}: `;
  const state = status === 'not-started' ? 'not started: ' : '';
  return comment(place + list + state + describeProblem(error).message);
}

function comment(text: string): string {
  return `# ${stripControlChars(text)}`;
}

/** Whether a source may work in the next run: invalid, deleted, archived and locked ones do not. */
export function isRetryable(outcome: Outcome): boolean {
  if (outcome.status === 'failed') return !isFinal(outcome.error);
  return outcome.status === 'not-started';
}

/** The arguments of a run, without its sources. */
export interface RetryOptions {
  readonly root: string;
  /** An argument by default. */
  readonly rootFrom?: RootOrigin;
  readonly options: PartialOptions;
  readonly askKey: boolean;
  readonly file?: string | undefined;
  readonly forceSpace?: boolean;
  /** Whether a run with lists starts without a question. */
  readonly yes?: boolean;
  readonly exec?: string | undefined;
  readonly open?: boolean;
  /** The path of the batch file for what fails again. */
  readonly failed?: string | undefined;
}

/**
 * Returns the lines that say how to retry what failed or was not started, and what cannot be retried; empty if there is
 * nothing to retry.
 * @param typed arguments of the run
 */
export function retryLines(
  outcomes: readonly Outcome[],
  typed: RetryOptions & { readonly sources: readonly string[] },
  layout: Layout = logLayout,
): readonly string[] {
  const sources = new Set(outcomes.filter(isRetryable).map(({ subject }) => subject.text));
  if (sources.size === 0) return [];
  const command = retryCommandLines(sources, typed, layout);
  const final = outcomes.filter((outcome) => outcome.status === 'failed' && isFinal(outcome.error));
  const never = new Set(final.map(({ subject }) => subject.text).filter((text) => !sources.has(text)));
  if (never.size === 0 || never.size > MAX_SOURCES) return command;
  const note = `Not retried, because it can never work: ${stripControlChars([...never].join(', '))}`;
  return [...layout.wrap(note, '', '  '), ...command];
}

function retryCommandLines(
  sources: ReadonlySet<string>,
  typed: RetryOptions & { readonly sources: readonly string[] },
  layout: Layout,
): readonly string[] {
  if (typed.failed !== undefined)
    return ['To retry what failed:', ...layout.command(retryWords([typed.failed], typed))];
  if (sources.size <= MAX_SOURCES)
    return ['To retry what failed:', ...layout.command(retryWords([...sources], typed))];
  return [
    ...layout.wrap(
      `To retry what failed (${sources.size} sources), with a list of what fails again in failed.txt:`,
    ),
    ...layout.command(retryWords(typed.sources, { ...typed, failed: 'failed.txt' })),
  ];
}

/**
 * Returns the shell command that downloads these sources with the same options.
 * @param separator a backslash for the shells of Windows
 */
export function retryCommand(sources: readonly string[], options: RetryOptions, separator = sep): string {
  return retryWords(sources, options, separator).join(' ');
}

/** An argument may be a list, in which a key ends at a comma. */
function withoutKeys(source: string): string {
  return source.split(',').map(redactSecrets).join(',');
}

/** Returns the quoted words of the command. */
function retryWords(
  sources: readonly string[],
  { root, rootFrom, options, askKey, file, forceSpace, yes, exec, open, failed }: RetryOptions,
  separator = sep,
): readonly string[] {
  const flags = [
    ...(rootFrom === 'output' ? ['-o', root] : []),
    ...(askKey ? ['-k'] : []),
    ...(file === undefined ? [] : ['--file', file]),
    ...(forceSpace ? ['--force-space'] : []),
    ...(yes ? ['--yes'] : []),
    ...toArgv(options),
    ...(exec === undefined ? [] : ['--exec', exec]),
    ...(open ? ['--open'] : []),
    ...(failed === undefined ? [] : ['--failed', failed]),
  ];
  const roots = rootFrom === 'output' || rootFrom === 'stored' ? [] : [root];
  const words = ['civitdl', ...new Set([...sources].map(withoutKeys)), ...roots, ...flags];
  return words.map((word) => quoteWord(stripControlChars(word), separator));
}
