import type { PlanCounts, RunPlan } from '../download/run-plan.js';
import { UsageError } from '../errors.js';
import { formatBytes } from '../text.js';
import { type RetryOptions, retryCommand } from './commands/retry.js';
import type { Context } from './context.js';
import { confirm } from './prompt.js';
import { runPlanLines } from './report/run-plan-report.js';
import { count } from './terminal/format.js';
import type { Layout } from './terminal/layout.js';
import type { Style } from './terminal/style.js';

/** More models or bytes to download than these are asked about. */
const MAX_MODELS = 20;
const MAX_BYTES = 20_000_000_000;

export interface ApproveOptions extends RetryOptions {
  readonly sources: readonly string[];
  readonly yes: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

export interface ApproveContext extends Pick<Context, 'stdin' | 'stderr' | 'interrupted'> {
  readonly print: (line: string) => void;
  readonly style: Style;
  readonly layout: Layout;
  /** Stops all other output until the returned function is called. */
  readonly suspend: () => () => void;
}

/**
 * Prints the plan of a run with lists, and asks for a large one.
 * @returns false for a no
 * @throws UsageError if a question is needed without a terminal, InterruptedError
 */
export async function approveRun(
  plan: RunPlan,
  request: ApproveOptions,
  context: ApproveContext,
): Promise<boolean> {
  const needsAnswer = isLarge(plan.missing) && !request.yes;
  const { stdin, stderr, style, layout, print } = context;
  if (!request.quiet || needsAnswer) {
    const columns = stderr.isTTY ? stderr.columns || undefined : undefined;
    for (const line of runPlanLines(plan, { style, layout, columns })) print(line);
  }
  if (!needsAnswer) return true;
  // At its end, standard input has been the list of sources.
  const canAsk = stdin.isTTY && stderr.isTTY && !request.json && !stdin.readableEnded;
  if (!canAsk) throw unansweredError(plan.missing, request);
  const resume = context.suspend();
  try {
    return await confirm(`Download ${describe(plan.missing)}?`, context);
  } finally {
    resume();
  }
}

/** Whether there is so much to download that somebody has to confirm it. */
export function isLarge({ versions, bytes }: PlanCounts): boolean {
  return versions > MAX_MODELS || bytes > MAX_BYTES;
}

function describe({ models, versions }: PlanCounts): string {
  return models === versions
    ? count(models, 'model')
    : `${count(versions, 'version')} of ${count(models, 'model')}`;
}

function unansweredError(missing: PlanCounts, request: ApproveOptions): UsageError {
  const amount = `${describe(missing)} (${missing.unknown > 0 ? 'more than ' : ''}${formatBytes(missing.bytes)})`;
  const command = retryCommand(request.sources, { ...request, yes: true });
  return new UsageError(
    'usage',
    `The lists have ${amount} to download. Nothing was downloaded, because nobody can be asked. To download them:\n${command}`,
  );
}
