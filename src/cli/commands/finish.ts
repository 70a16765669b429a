import type { Outcome } from '../../download/events.js';
import type { FoundApp } from '../../sorter/apps/app.js';
import { type Context, isClosedPipe } from '../context.js';
import { exitStatus, statusOfRun } from '../exit-status.js';
import type { FinishedModel } from '../finished-model.js';
import type { PrintLine } from '../print.js';
import { describeProblem, describeStack } from '../report/error-report.js';
import { summaryJson, writeJson } from '../report/json.js';
import { type NeededSpace, neededSpaceLines } from '../report/plan-report.js';
import { paragraphs, summaryLines } from '../report/summary.js';
import { usageLines } from '../report/usage.js';
import type { Layout } from '../terminal/layout.js';
import type { Style } from '../terminal/style.js';
import type { FailedFile } from './retry.js';
import { isRetryable, retryCommand, retryLines } from './retry.js';
import type { RunRequest } from './run-request.js';

export interface RunResult {
  readonly rootDir: string;
  readonly outcomes: readonly Outcome[];
  readonly elapsedMs: number;
  /** Space that a dry run would need. */
  readonly space: readonly NeededSpace[] | undefined;
  /** Whether a dry run has found files to download, and no key. */
  readonly isKeyMissing: boolean;
  readonly models: readonly FinishedModel[];
  /** The application that the root directory belongs to, if any. */
  readonly app: FoundApp['app'] | undefined;
  /** Number of commands of `--exec` that failed. */
  readonly failedCommands: number;
}

const KEY_NEEDED =
  "No API key is set, and most downloads need one. Create a key at https://civitai.com/user/account, then store it with 'civitconfig login'.";

/** The style and the layout of the text on stderr. */
export interface Look {
  readonly style: Style;
  readonly layout: Layout;
}

/** Maximum number of sources in the head of a list of failures. */
const MAX_SOURCES = 20;

/** Prints the summary of a run, writes the list of failures, and returns the exit status. */
export async function finishRun(
  result: RunResult,
  request: RunRequest,
  failedFile: FailedFile | undefined,
  printLine: PrintLine,
  { style, layout }: Look,
  context: Context,
): Promise<number> {
  const { rootDir, outcomes, elapsedMs, space, isKeyMissing, models, app, failedCommands } = result;
  // After the reader of the output has exited, only the list of failures is of use.
  const isUnread = isClosedPipe(Object(context.interrupted.reason).cause);
  const print = isUnread ? () => {} : printLine;
  const { quiet } = request;
  const usage = request.json ? [] : usageLines(models, { style, layout, app });
  for (const line of summaryLines(outcomes, elapsedMs, { style, layout, rootDir, quiet, usage })) print(line);
  const hasPlan = outcomes.some((outcome) => outcome.status === 'planned');
  if (space && hasPlan && !quiet)
    for (const line of neededSpaceLines(space, style))
      for (const row of layout.wrap(line, '', '  ')) print(row);
  if (isKeyMissing && !quiet) for (const row of layout.wrap(KEY_NEEDED)) print(style.warn(row));
  const list = await writeFailed(outcomes, request, failedFile, print, style, context);
  if (!context.interrupted.aborted) {
    const typed = { ...request, failed: list.exists ? request.failed : undefined };
    for (const line of paragraphs([retryLines(outcomes, typed, layout)])) print(line);
  }
  if (request.verbose)
    for (const outcome of outcomes) if (outcome.status === 'failed') print(describeStack(outcome.error));
  const status = statusOf(outcomes, list.isBroken || failedCommands > 0, context);
  const end = {
    exitStatus: status,
    elapsed: elapsedMs,
    space,
    failedFile: list.exists ? failedFile?.path : undefined,
    isKeyMissing,
  };
  if (request.json) writeJson(context.stdout, summaryJson(outcomes, end));
  return status;
}

function statusOf(outcomes: readonly Outcome[], hasOtherFailure: boolean, { interrupted }: Context): number {
  if (interrupted.aborted) return exitStatus.interrupted;
  const status = statusOfRun(outcomes);
  return status === exitStatus.done && hasOtherFailure ? exitStatus.other : status;
}

/** Writes the list of failures. A dry run keeps the list of an earlier run. */
async function writeFailed(
  outcomes: readonly Outcome[],
  request: RunRequest,
  file: FailedFile | undefined,
  print: PrintLine,
  style: Style,
  { now }: Context,
): Promise<{ readonly exists: boolean; readonly isBroken: boolean }> {
  if (!file || request.dryRun) return { exists: false, isBroken: false };
  try {
    return { exists: await file.write(outcomes, headOf(outcomes, request, now())), isBroken: false };
  } catch (error) {
    print(style.bad(describeProblem(error).message));
    return { exists: false, isBroken: true };
  }
}

function headOf(outcomes: readonly Outcome[], request: RunRequest, now: number): readonly string[] {
  const { sources } = request;
  const shown = sources.length > MAX_SOURCES ? [...sources.slice(0, MAX_SOURCES), '...'] : sources;
  return [
    `${new Date(now).toISOString()}: ${retryCommand(shown, request)}`,
    ...(outcomes.some(isRetryable) ? [`To retry: ${retryCommand([request.failed ?? ''], request)}`] : []),
  ];
}
