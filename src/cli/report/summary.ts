import { InterruptedError } from '../../errors.js';
import type { Outcome } from '../../events.js';
import { count, formatBytes, formatDuration } from './format.js';
import { subjectOf } from './lines.js';
import { describeProblem } from './problem.js';
import type { Style } from './style.js';

type Done = Extract<Outcome, { status: 'done' }>;
type Failed = Extract<Outcome, { status: 'failed' }>;

/**
 * The end of a run in lines: counts, then each failure with its reason and what to do.
 * @param elapsed milliseconds
 * @param retry the command that tries the failed ones again
 */
export function summaryLines(
  outcomes: readonly Outcome[],
  elapsed: number,
  retry: (failed: readonly Failed[]) => string,
  style: Style,
): readonly string[] {
  const failed = outcomes.filter((outcome) => outcome.status === 'failed');
  const isInterrupted = failed.some(({ error }) => error instanceof InterruptedError);
  const lines = [countsLine(outcomes, elapsed), ...imageLines(outcomes, style)];
  if (isInterrupted)
    return [...lines, 'Interrupted. What was received is kept: the same command goes on where it stopped.'];
  if (failed.length === 0) return lines;
  return [
    ...lines,
    ...failed.flatMap((outcome) => failureLines(outcome, style)),
    'To try what failed again:',
    `  ${retry(failed)}`,
  ];
}

function countsLine(outcomes: readonly Outcome[], elapsed: number): string {
  const done = outcomes.filter((outcome) => outcome.status === 'done');
  const number = (how: readonly Done['file']['how'][]) =>
    done.filter(({ file }) => how.includes(file.how)).length;
  const counts = [
    [number(['downloaded', 'replaced']), 'downloaded'],
    [number(['cached']), 'taken from cache'],
    [number(['present']), 'already there'],
    [number(['left-out']), 'without the model file'],
    [outcomes.filter(({ status }) => status === 'planned').length, 'planned'],
    [outcomes.filter(({ status }) => status === 'repeated').length, 'asked for twice'],
    [outcomes.filter(({ status }) => status === 'failed').length, 'failed'],
    [outcomes.filter(({ status }) => status === 'not-started').length, 'not started'],
  ] as const;
  const words = counts.filter(([some]) => some > 0).map(([some, what]) => `${some} ${what}`);
  const bytes = done.reduce((sum, { file }) => sum + file.fetched, 0);
  const unchecked = done.filter(({ file }) => file.verified === 'size').length;
  const remark = unchecked > 0 ? `; ${count(unchecked, 'file')} checked by size only` : '';
  return `${words.join(', ') || 'Nothing done'}; ${formatBytes(bytes)} in ${formatDuration(elapsed)}${remark}`;
}

/** Of images that could not be had, which fail no model. */
function imageLines(outcomes: readonly Outcome[], style: Style): readonly string[] {
  return outcomes
    .filter((outcome) => outcome.status === 'done')
    .filter(({ images }) => images.failed > 0)
    .map(({ subject, images: { fetched, present, failed } }) => {
      const all = count(fetched + present + failed, 'image');
      return style.warn(
        `${subjectOf(subject)}: ${failed} of ${all} failed; the same command tries only these again.`,
      );
    });
}

function failureLines({ subject, error }: Failed, style: Style): readonly string[] {
  const { message, hint } = describeProblem(error);
  return [style.bad(`${subjectOf(subject)}: ${message}`), ...(hint ? [`  ${hint}`] : [])];
}
