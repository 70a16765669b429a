import { UsageError } from '../errors.js';
import type { Context } from './context.js';
import { readLine, untilInterrupted } from './prompt.js';

/**
 * Asks a question that is answered with yes or no, on a terminal or by a line of standard input.
 * @returns true for yes; everything else is a no
 * @throws UsageError when standard input has no answer, InterruptedError
 */
export async function confirm(
  question: string,
  context: Pick<Context, 'stdin' | 'stderr' | 'interrupted'>,
): Promise<boolean> {
  const { stdin, stderr } = context;
  stderr.write(`${question} [y/N] `);
  const answer = await untilInterrupted(context, () => readLine(stdin));
  if (!stdin.isTTY) stderr.write('\n');
  if (answer.trim() === '' && !stdin.isTTY) {
    throw new UsageError('usage', "Nobody is there to answer, so nothing was done: '--yes' asks nothing.");
  }
  return /^\s*y(es)?\s*$/i.test(answer);
}
