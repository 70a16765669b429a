import type { Outcome } from '../download/events.js';
import {
  AccessError,
  InterruptedError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
  UsageError,
} from '../errors.js';

/** Exit statuses of a command; the first seven are those of Civitai's own command. */
export const exitStatus = {
  done: 0,
  other: 1,
  usage: 2,
  access: 3,
  notFound: 4,
  network: 5,
  rateLimit: 6,
  partly: 7,
  interrupted: 130,
} as const;

/** Returns the status of a command that ended with this error. */
export function statusOf(error: unknown): number {
  if (error instanceof UsageError) return exitStatus.usage;
  if (error instanceof AccessError) return exitStatus.access;
  if (error instanceof NotFoundError) return exitStatus.notFound;
  if (error instanceof NetworkError || error instanceof ServerError) return exitStatus.network;
  if (error instanceof RateLimitError) return exitStatus.rateLimit;
  if (error instanceof InterruptedError) return exitStatus.interrupted;
  return exitStatus.other;
}

/** Returns the status of a run: that of its failures if they are alike and nothing was downloaded, else `partly`. */
export function statusOfRun(outcomes: readonly Outcome[]): number {
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'failed' || outcome.status === 'not-started' ? [statusOf(outcome.error)] : [],
  );
  const [first] = failures;
  if (first === undefined) return exitStatus.done;
  if (failures.includes(exitStatus.interrupted)) return exitStatus.interrupted;
  const alike = failures.every((status) => status === first);
  return alike && !outcomes.some(hasDownloaded) ? first : exitStatus.partly;
}

function hasDownloaded(outcome: Outcome): boolean {
  return outcome.status === 'done' && outcome.file.how !== 'present';
}
