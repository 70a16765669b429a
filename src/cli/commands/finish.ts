import { redactSecrets } from '../../civitai/source-url.js';
import { errnoCode } from '../../disk/errors.js';
import type { Outcome } from '../../download/events.js';
import type { Context } from '../context.js';
import { exitStatus, statusOfRun } from '../exit-status.js';
import { describeProblem, describeStack } from '../report/error-report.js';
import { summaryJson, writeJson } from '../report/json.js';
import { type NeededSpace, neededSpaceLines } from '../report/plan-report.js';
import type { Reporter } from '../report/reporter.js';
import { summaryLines } from '../report/summary.js';
import type { Style } from '../terminal/style.js';
import type { FailedFile } from './retry.js';
import { retryCommand, retryLines } from './retry.js';
import type { RunRequest } from './run-request.js';

/** What is told at the end of a run. */
export interface RunResult {
  readonly outcomes: readonly Outcome[];
  /** Milliseconds. */
  readonly elapsed: number;
  /** Of a dry run. */
  readonly space: readonly NeededSpace[] | undefined;
}

/** Sources of a command that are told in a list of what failed. */
const SOURCES_TOLD = 20;

/** Tells the end of a run, and returns its exit status. */
export async function finishRun(
  ended: RunResult,
  request: RunRequest,
  failedFile: FailedFile | undefined,
  say: Reporter['print'],
  style: Style,
  context: Context,
): Promise<number> {
  const { outcomes, elapsed, space } = ended;
  // Nobody reads it any more: no summary, but what failed is kept in its file.
  const isUnheard = errnoCode(Object(context.interrupted.reason).cause) === 'EPIPE';
  const tell = isUnheard ? () => {} : say;
  const { columns } = context.stderr;
  for (const line of summaryLines(outcomes, elapsed, { style, columns, quiet: request.quiet })) tell(line);
  if (space && !request.quiet) for (const line of neededSpaceLines(space, style)) tell(line);
  const list = await writeFailed(outcomes, request, failedFile, tell, style, context);
  if (!context.interrupted.aborted)
    for (const line of retryLines(outcomes, {
      ...request,
      failed: list.isThere ? request.failed : undefined,
    }))
      tell(line);
  if (request.verbose)
    for (const outcome of outcomes) if (outcome.status === 'failed') tell(describeStack(outcome.error));
  const status = statusOf(outcomes, list.isBroken, context);
  const end = { exitStatus: status, elapsed, space, failedFile: list.isThere ? failedFile?.path : undefined };
  if (request.json) writeJson(context.stdout, summaryJson(outcomes, end));
  return status;
}

function statusOf(outcomes: readonly Outcome[], isListBroken: boolean, { interrupted }: Context): number {
  if (interrupted.aborted) return exitStatus.interrupted;
  const status = statusOfRun(outcomes);
  return status === exitStatus.done && isListBroken ? exitStatus.other : status;
}

/** A dry run has tried nothing: the list stays as it is. */
async function writeFailed(
  outcomes: readonly Outcome[],
  request: RunRequest,
  file: FailedFile | undefined,
  tell: Reporter['print'],
  style: Style,
  { now }: Context,
): Promise<{ readonly isThere: boolean; readonly isBroken: boolean }> {
  if (!file || request.dryRun) return { isThere: false, isBroken: false };
  try {
    return { isThere: await file.write(outcomes, headOf(request, now())), isBroken: false };
  } catch (error) {
    tell(style.bad(describeProblem(error).message));
    return { isThere: false, isBroken: true };
  }
}

function headOf(request: RunRequest, now: number): readonly string[] {
  const sources = request.sources.map(redactSecrets);
  const told = sources.length > SOURCES_TOLD ? [...sources.slice(0, SOURCES_TOLD), '...'] : sources;
  return [
    `${new Date(now).toISOString()}: ${retryCommand(told, request)}`,
    `To retry: ${retryCommand([request.failed ?? ''], request)}`,
  ];
}
