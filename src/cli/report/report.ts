import type { Context } from '../context.js';
import { statusOf } from '../exit-status.js';
import { createStyle, wantsColors } from '../terminal/style.js';
import { describeProblem, describeStack } from './error-report.js';
import { errorJson, writeJson } from './json.js';

/** Says an error that ended a command, to a program too where one reads, and returns the exit status that it stands for. */
export function reportProblem(
  error: unknown,
  context: Pick<Context, 'stdout' | 'stderr' | 'env'>,
  { verbose, json }: { readonly verbose?: boolean; readonly json?: boolean },
): number {
  if (json) writeJson(context.stdout, { type: 'error', error: errorJson(error) });
  const { message, hint } = describeProblem(error);
  const style = createStyle(wantsColors(context, true));
  context.stderr.write(`${style.bad(message)}\n${hint ? `${hint}\n` : ''}`);
  if (verbose) context.stderr.write(`${describeStack(error)}\n`);
  return statusOf(error);
}
