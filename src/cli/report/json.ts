import { CivitdlError } from '../../errors.js';
import type { DownloadEvent, Emit, Outcome, Subject } from '../../events.js';
import type { Context, Output } from '../context.js';
import { plannedFiles } from './plan-lines.js';
import { describeProblem } from './problem.js';

/** Milliseconds between two lines of progress of one transfer. */
const STEP = 1_000;

/** An output that shows nothing. */
export const nowhere: Output = { write: () => {} };

/** Tells a program what happens: one JSON object per line. */
export function emitJson({ stdout, now }: Pick<Context, 'stdout' | 'now'>): Emit {
  let last = Number.NEGATIVE_INFINITY;
  return (event) => {
    if (event.type === 'file-progress') {
      if (now() - last < STEP) return;
      last = now();
    }
    stdout.write(`${JSON.stringify(eventJson(event))}\n`);
  };
}

/**
 * The last line of a run.
 * @param elapsed milliseconds
 */
export function endJson(outcomes: readonly Outcome[], elapsed: number, exitStatus: number): object {
  const count = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  const isCached = (outcome: Outcome) => outcome.status === 'done' && outcome.file.how === 'cached';
  const fetched = outcomes.map((outcome) => (outcome.status === 'done' ? outcome.file.fetched : 0));
  return {
    type: 'ended',
    exitStatus,
    done: count('done'),
    cached: outcomes.filter(isCached).length,
    planned: count('planned'),
    repeated: count('repeated'),
    failed: count('failed'),
    bytes: fetched.reduce((sum, bytes) => sum + bytes, 0),
    ms: elapsed,
  };
}

/** What went wrong, with what to do about it. */
export function errorJson(error: unknown): object {
  const { message, hint } = describeProblem(error);
  return { code: error instanceof CivitdlError ? error.code : 'unexpected', message, hint };
}

function eventJson(event: DownloadEvent): object {
  switch (event.type) {
    case 'started':
      return { type: event.type, ...subjectJson(event.subject), item: event.item, of: event.of };
    case 'resolved': {
      const { model, version, passedOver } = event;
      return {
        type: event.type,
        item: event.item,
        model: { id: model.id, name: model.name, type: model.type },
        version: { id: version.id, name: version.name, baseModel: version.baseModel },
        passedOver: passedOver.map(errorJson),
      };
    }
    case 'planned':
      return { type: event.type, item: event.item, files: plannedFiles(event.plan, event.from) };
    case 'finished':
      return { type: event.type, item: event.item, ...outcomeJson(event.outcome) };
    case 'retrying':
    case 'halted':
    case 'warned-of-run':
    case 'warned':
    case 'image-finished':
      return { ...event, error: event.error === undefined ? undefined : errorJson(event.error) };
    default:
      return event;
  }
}

function outcomeJson(outcome: Outcome): object {
  const { subject, ...rest } = outcome;
  return {
    ...subjectJson(subject),
    ...rest,
    ...('error' in outcome && { error: errorJson(outcome.error) }),
  };
}

function subjectJson({ text, origin }: Subject): object {
  return { source: text, origin };
}
