import { ContentError, ServerError } from '../errors.js';
import { UrlExpired } from './response.js';

/** The part file has to be emptied before the next request. */
export class RestartNeeded extends Error {
  readonly error: unknown;
  readonly withoutRanges: boolean;
  /** Whether the retry budget limits the number of such restarts. */
  readonly isRetry: boolean;
  /** Whether all bytes came, but are not the file. */
  readonly hasWrongBytes: boolean;

  constructor(error: unknown, { withoutRanges = false, isRetry = false, hasWrongBytes = false } = {}) {
    super('restart', { cause: error });
    this.error = error;
    this.withoutRanges = withoutRanges;
    this.isRetry = isRetry;
    this.hasWrongBytes = hasWrongBytes;
  }
}

/** A body without a length ended before its file: the rest has to be requested. */
export class ContinueNeeded extends Error {
  readonly error: unknown;

  constructor(error: unknown) {
    super('continue', { cause: error });
    this.error = error;
  }
}

/**
 * The next step of a connection after an error: take the next segment, get a new URL first, end because others are
 * served better, wait for a retry, or end the attempt.
 */
export type Recovery = 'continue' | 'new-url' | 'drop' | 'wait' | 'fail';

export interface RecoveryFacts {
  /** Whether the rest of the segment was given to another connection. */
  readonly isPreempted: boolean;
  readonly areOthersBusy: boolean;
  readonly received: number;
  /** Number of responses so far that were not the file. */
  readonly wrongContents: number;
  readonly isRetryable: boolean;
}

/** A response that is not the file is rejected early, so another request is cheap. */
const MAX_WRONG_CONTENTS = 2;

export function decideRecovery(error: unknown, facts: RecoveryFacts): Recovery {
  if (facts.isPreempted) return 'continue';
  if (error instanceof UrlExpired) return 'new-url';
  if (error instanceof ContentError) {
    if (facts.areOthersBusy) return 'drop';
    return facts.wrongContents < MAX_WRONG_CONTENTS ? 'continue' : 'fail';
  }
  const isGuarded = error instanceof ServerError && error.code === 'guarded';
  if (!facts.isRetryable) return isGuarded && facts.areOthersBusy ? 'drop' : 'fail';
  if (!facts.areOthersBusy) return 'wait';
  return facts.received > 0 ? 'continue' : 'drop';
}

/** The next attempt after one has failed: the same again, the whole file in one response, or none. */
export type Restart = 'same' | 'whole' | 'none';

export interface RestartFacts {
  readonly written: number;
  readonly restarts: number;
}

/** A file that changes on the server again and again cannot be downloaded. */
const MAX_RESTARTS = 3;
/** After these errors the part file may be a mixture of two files. */
const MIXTURE_CODES = new Set(['wrong-checksum', 'wrong-range']);
/** A longer file is fetched only once more after such an error, a shorter one twice. */
const SHORT_FILE = 16 * 1024 * 1024;

export function isMixture(error: unknown): boolean {
  return error instanceof ContentError && MIXTURE_CODES.has(error.code);
}

export function decideRestart(error: unknown, { written, restarts }: RestartFacts): Restart {
  if (error instanceof RestartNeeded) {
    const max = error.hasWrongBytes ? maxRefetches(written) : MAX_RESTARTS;
    if (restarts >= max && !error.isRetry) return 'none';
    return error.withoutRanges ? 'whole' : 'same';
  }
  if (!(error instanceof ContentError) || restarts >= maxRefetches(written)) return 'none';
  // The host contradicts itself about the size.
  if (error.code === 'wrong-size') return 'same';
  return isMixture(error) && (written > 0 || error.code === 'wrong-range') ? 'whole' : 'none';
}

function maxRefetches(written: number): number {
  return written <= SHORT_FILE ? 2 : 1;
}
