import type { Context } from '../context.js';
import { statusOf } from '../exit-status.js';
import { describeProblem, describeStack } from './problem.js';
import { createStyle, wantsColors } from './style.js';

/** Says an error that ended a command, and returns the exit status that it stands for. */
export function reportProblem(
  error: unknown,
  context: Pick<Context, 'stderr' | 'env'>,
  verbose: boolean,
): number {
  const { message, hint } = describeProblem(error);
  const style = createStyle(wantsColors(context, true));
  context.stderr.write(`${style.bad(message)}\n${hint ? `${hint}\n` : ''}`);
  if (verbose) context.stderr.write(`${describeStack(error)}\n`);
  return statusOf(error);
}
