import { RangeSet } from './byte-ranges.js';
import type { Tuning } from './tuning.js';

/** A part of the file that one connection fetches, at a speed in bytes per second, or 0 if unknown. */
export interface Segment {
  readonly start: number;
  position: number;
  /** Moves down when others take a part; infinite without a known size. */
  end: number;
  speed: number;
  /** Whether no byte has arrived for longer than a working connection needs. */
  isStalled: boolean;
  /** Whether its bytes have arrived for long enough to tell its speed; until then, that of a segment before is known. */
  isMeasured: boolean;
  readonly isTakeover: boolean;
  /** Aborts when the whole rest was given to another connection. */
  readonly preempted: AbortController;
}

export interface SegmentRequest {
  readonly maxSize: number;
  readonly speed: number;
  /** Whether measured speeds say little yet, since connections have just begun. */
  readonly isEarly?: boolean;
}

/** Duration of a segment, short enough for the checksum to follow. */
const SEGMENT_SECONDS = 2;
/** Number of segments left for each connection, so that all end at about the same time. */
const SHARES_PER_CONNECTION = 2;
/** A split wastes bytes that are on their way, so it has to save at least this. */
const MIN_SAVING_SECONDS = 0.25;
/** The same where measured speeds are vague: between about equal connections, and while they have just begun. */
const MIN_VAGUE_SAVING_SECONDS = 1;

interface SegmentSizing {
  readonly speed: number;
  readonly unassigned: number;
  readonly connections: number;
  readonly tuning: Tuning;
}

export function segmentSize({ speed, unassigned, connections, tuning }: SegmentSizing): number {
  const { minSegment, initialSegment, maxSegment } = tuning;
  const bySpeed = speed > 0 ? speed * SEGMENT_SECONDS : initialSegment;
  const share = unassigned / (SHARES_PER_CONNECTION * connections);
  return Math.ceil(Math.max(minSegment, Math.min(maxSegment, bySpeed, share)));
}

/**
 * Assigns the missing bytes of a file in order, so that the checksum can follow. After the last one, splits the segment
 * that would end last.
 */
export class SegmentQueue {
  readonly #done: RangeSet;
  readonly #active = new Set<Segment>();
  readonly #minShare: number;
  readonly #estimate: number;
  #total: number | undefined;
  #isTotalAssumed = false;

  /** @param estimate size of the file until a host says it; it only decides how the bytes are shared */
  constructor(done: RangeSet, total: number | undefined, minShare: number, estimate = total) {
    this.#done = done;
    this.#total = total;
    this.#minShare = minShare;
    this.#estimate = estimate ?? Number.POSITIVE_INFINITY;
  }

  get total(): number | undefined {
    return this.#total;
  }

  set total(total: number | undefined) {
    this.#total = total;
    if (total === undefined) return;
    for (const segment of this.#active)
      segment.end = Math.min(segment.end, Math.max(segment.position, total));
  }

  /** Size of the file if known, or else its estimate. */
  get expectedTotal(): number | undefined {
    return this.#total ?? (Number.isFinite(this.#estimate) ? this.#estimate : undefined);
  }

  /** Whether only the end of a body without a length has shown the size. */
  get isTotalAssumed(): boolean {
    return this.#isTotalAssumed;
  }

  assumeTotal(total: number): void {
    if (this.#total !== undefined) return;
    this.total = total;
    this.#isTotalAssumed = true;
  }

  get active(): ReadonlySet<Segment> {
    return this.#active;
  }

  get received(): number {
    const all = new RangeSet(this.#done.ranges);
    for (const { start, position } of this.#active) all.add(start, position);
    return all.size;
  }

  /** Bytes that no connection fetches yet; infinite without a known or estimated size. */
  get unassigned(): number {
    return this.#free(this.#total ?? this.#estimate).reduce((sum, [start, end]) => sum + end - start, 0);
  }

  take(request: SegmentRequest): Segment | undefined {
    return this.takeUnassigned(request) ?? this.#steal(request);
  }

  takeUnassigned({ maxSize, speed }: SegmentRequest): Segment | undefined {
    const [free] = this.#free();
    return free && this.#claim(free[0], Math.min(free[1], free[0] + Math.ceil(maxSize)), speed);
  }

  /** Moves the end of a segment if the bytes after it are unassigned. */
  extend(segment: Segment, size: number): boolean {
    const next = this.#free().find(([start]) => start === segment.end);
    if (!next || segment.preempted.signal.aborted) return false;
    segment.end = Math.min(next[1], segment.end + Math.ceil(size));
    return true;
  }

  /** Unassigns the unwritten bytes of a segment. */
  release(segment: Segment): void {
    this.#active.delete(segment);
  }

  #free(total = this.#total ?? Number.POSITIVE_INFINITY) {
    const taken = new RangeSet(this.#done.ranges);
    for (const { start, end } of this.#active) taken.add(start, end);
    return taken.gaps(total);
  }

  #claim(start: number, end: number, speed: number, isTakeover = false): Segment {
    const preempted = new AbortController();
    const segment = {
      start,
      position: start,
      end,
      speed,
      isStalled: false,
      isMeasured: false,
      isTakeover,
      preempted,
    };
    this.#active.add(segment);
    return segment;
  }

  /** Splits the segment that would end last in proportion to the speeds, or takes all of it from a very slow connection. */
  #steal({ maxSize, speed, isEarly = false }: SegmentRequest): Segment | undefined {
    const usualSpeed = speed || Math.max(0, ...[...this.#active].map((segment) => segment.speed));
    const secondsLeft = (segment: Segment) =>
      segment.isStalled ? Number.POSITIVE_INFINITY : restOf(segment) / (segment.speed || usualSpeed || 1);
    const [last] = [...this.#active].sort((one, other) => secondsLeft(other) - secondsLeft(one));
    if (!last) return undefined;
    const kept = this.#keptBytes(last, { maxSize, speed: usualSpeed, isEarly });
    if (kept === undefined) return undefined;
    const start = last.position + kept;
    const end = Math.min(last.end, start + Math.ceil(maxSize));
    if (start >= end) return undefined;
    last.end = start;
    if (kept === 0) last.preempted.abort();
    return this.#claim(start, end, speed, kept === 0);
  }

  /** @returns bytes to keep in the segment; undefined to not split it */
  #keptBytes(segment: Segment, { maxSize, speed, isEarly }: SegmentRequest): number | undefined {
    const rest = restOf(segment);
    if (rest <= 0 || rest === Number.POSITIVE_INFINITY) return undefined;
    // If the bytes stall on a second connection, too, the host is at fault and its timeout decides.
    if (segment.isStalled) return segment.isTakeover && segment.position === segment.start ? undefined : 0;
    if (speed === 0 || (isEarly && !segment.isMeasured)) return undefined;
    // Assumes that a new connection is as fast as others.
    const theirs = segment.speed || speed;
    const share = theirs / (theirs + speed);
    const isVague = isEarly || theirs * 2 >= speed;
    const minSaving = isVague ? MIN_VAGUE_SAVING_SECONDS : MIN_SAVING_SECONDS;
    const savedSeconds = (rest * (1 - share)) / theirs;
    if (rest < this.#minShare || savedSeconds < minSaving) return undefined;
    const kept = Math.floor(Math.min(rest * share, rest > 2 * maxSize ? maxSize : rest));
    return kept < this.#minShare && theirs * 4 < speed ? 0 : kept;
  }
}

function restOf({ position, end }: Segment): number {
  return end - position;
}
