import { RangeSet } from './byte-ranges.js';
import type { Tuning } from './tuning.js';

/** A part of the file that one connection fetches. */
export interface Segment {
  readonly start: number;
  /** The next byte to arrive. */
  position: number;
  /** The first byte that the connection does not fetch. Comes closer if others take over; infinite without a known size. */
  end: number;
  /** Bytes per second of the connection; 0 if unknown. */
  speed: number;
  /** Whether no byte has arrived for longer than a working connection needs. */
  isStalled: boolean;
  /** Whether it was taken from a stalled connection. */
  readonly isTakeover: boolean;
  /** Aborts when all of the rest was given to another connection. */
  readonly preempted: AbortController;
}

export interface SegmentRequest {
  readonly maxSize: number;
  /** Bytes per second that the connection is known to bring; 0 if unknown. */
  readonly speed: number;
}

/** Seconds of a connection's work that a segment holds, so that the checksum can follow. */
const SEGMENT_SECONDS = 2;
/** Each connection gets so many more segments of what is unassigned, so that all end at about the same time. */
const SHARES_PER_CONNECTION = 2;
/** Seconds that splitting a segment has to save: it costs the bytes that are on their way. */
const MIN_SAVING_SECONDS = 0.25;

interface SegmentSizing {
  /** Bytes per second of the connection; 0 if unknown. */
  readonly speed: number;
  /** Bytes that no connection fetches yet; infinite without a known size. */
  readonly unassigned: number;
  readonly connections: number;
  readonly tuning: Tuning;
}

/** Bytes of the next segment of one of several connections. */
export function segmentSize({ speed, unassigned, connections, tuning }: SegmentSizing): number {
  const { minSegment, initialSegment, maxSegment } = tuning;
  const bySpeed = speed > 0 ? speed * SEGMENT_SECONDS : initialSegment;
  const share = unassigned / (SHARES_PER_CONNECTION * connections);
  return Math.ceil(Math.max(minSegment, Math.min(maxSegment, bySpeed, share)));
}

/**
 * Hands out the missing parts of a file, the first ones first, so that the checksum can follow. When all are handed
 * out, splits the segment that would end last.
 */
export class SegmentQueue {
  readonly #done: RangeSet;
  readonly #active = new Set<Segment>();
  readonly #minShare: number;
  #total: number | undefined;

  /** @param minShare a rest of fewer bytes is only taken from a stalled connection */
  constructor(done: RangeSet, total: number | undefined, minShare: number) {
    this.#done = done;
    this.#total = total;
    this.#minShare = minShare;
  }

  /** Bytes of the whole file, if known. */
  get total(): number | undefined {
    return this.#total;
  }

  set total(total: number | undefined) {
    this.#total = total;
    if (total === undefined) return;
    for (const segment of this.#active)
      segment.end = Math.min(segment.end, Math.max(segment.position, total));
  }

  get active(): ReadonlySet<Segment> {
    return this.#active;
  }

  /** Bytes that were written or received. */
  get received(): number {
    const all = new RangeSet(this.#done.ranges);
    for (const { start, position } of this.#active) all.add(start, position);
    return all.size;
  }

  /** Bytes that no connection fetches yet; infinite without a known size. */
  get unassigned(): number {
    return this.#free().reduce((sum, [start, end]) => sum + end - start, 0);
  }

  take(request: SegmentRequest): Segment | undefined {
    return this.takeUnassigned(request) ?? this.#steal(request);
  }

  takeUnassigned({ maxSize, speed }: SegmentRequest): Segment | undefined {
    const [free] = this.#free();
    return free && this.#claim(free[0], Math.min(free[1], free[0] + Math.ceil(maxSize)), speed);
  }

  /** Moves the end of a segment whose response goes on, if nobody fetches what follows. */
  extend(segment: Segment, size: number): boolean {
    const next = this.#free().find(([start]) => start === segment.end);
    if (!next || segment.preempted.signal.aborted) return false;
    segment.end = Math.min(next[1], segment.end + Math.ceil(size));
    return true;
  }

  /** Returns a segment: its unwritten bytes are unassigned again. */
  release(segment: Segment): void {
    this.#active.delete(segment);
  }

  #free() {
    const taken = new RangeSet(this.#done.ranges);
    for (const { start, end } of this.#active) taken.add(start, end);
    return taken.gaps(this.#total ?? Number.POSITIVE_INFINITY);
  }

  #claim(start: number, end: number, speed: number, isTakeover = false): Segment {
    const preempted = new AbortController();
    const segment = { start, position: start, end, speed, isStalled: false, isTakeover, preempted };
    this.#active.add(segment);
    return segment;
  }

  /** Takes from the segment that would end last, in proportion to the speeds; all of it if hardly anything would stay. */
  #steal({ maxSize, speed }: SegmentRequest): Segment | undefined {
    const usualSpeed = speed || Math.max(0, ...[...this.#active].map((segment) => segment.speed));
    const secondsLeft = (segment: Segment) =>
      segment.isStalled ? Number.POSITIVE_INFINITY : restOf(segment) / (segment.speed || usualSpeed || 1);
    const [last] = [...this.#active].sort((one, other) => secondsLeft(other) - secondsLeft(one));
    if (!last) return undefined;
    const kept = this.#keptBytes(last, usualSpeed, maxSize);
    if (kept === undefined) return undefined;
    const start = last.position + kept;
    const end = Math.min(last.end, start + Math.ceil(maxSize));
    if (start >= end) return undefined;
    last.end = start;
    if (kept === 0) last.preempted.abort();
    return this.#claim(start, end, speed, kept === 0);
  }

  /** Bytes that stay with a segment when it is split; undefined if it should not be split. */
  #keptBytes(segment: Segment, speed: number, maxSize: number): number | undefined {
    const rest = restOf(segment);
    if (rest <= 0 || rest === Number.POSITIVE_INFINITY) return undefined;
    // Bytes that stall on a second connection, too, are the host's fault: its timeout decides.
    if (segment.isStalled) return segment.isTakeover && segment.position === segment.start ? undefined : 0;
    if (speed === 0) return undefined;
    // A connection that has just begun is as fast as others, until it shows its speed.
    const theirs = segment.speed || speed;
    const share = theirs / (theirs + speed);
    const savedSeconds = (rest * (1 - share)) / theirs;
    if (rest < this.#minShare || savedSeconds < MIN_SAVING_SECONDS) return undefined;
    const kept = Math.floor(Math.min(rest * share, rest > 2 * maxSize ? maxSize : rest));
    return kept < this.#minShare && theirs * 4 < speed ? 0 : kept;
  }
}

function restOf({ position, end }: Segment): number {
  return end - position;
}
