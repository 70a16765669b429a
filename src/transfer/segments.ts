import { RangeSet } from './byte-ranges.js';

/** A part of the file that one connection is fetching. */
export interface Segment {
  start: number;
  /** The next byte to come; moved on by the connection. */
  position: number;
  /** First byte that is not wanted from it any more: may come closer when others take over. Infinite while nobody knows the size. */
  end: number;
  /** Bytes per second of the connection, as far as known; 0 for a new one. */
  speed: number;
  /** Ends the connection's work on this segment when all of the rest was taken from it. */
  readonly preempted: AbortController;
}

/** What a connection asks for. */
export interface SegmentRequest {
  /** Most bytes; what is said of a speed need not be a whole number. */
  readonly size: number;
  /** Bytes per second that the connection is known to bring; 0 when it is new. */
  readonly speed: number;
}

/** A rest shorter than this, in bytes, is not shared any more. */
const MIN_SHARE = 256 * 1024;

/**
 * Hands out what is missing of a file, the earliest first, so that the checksum can follow; when all is handed out, a
 * part of what the slowest one still has before it.
 */
export class SegmentQueue {
  readonly #done: RangeSet;
  readonly #active = new Set<Segment>();
  readonly #minShare: number;
  #total: number | undefined;

  constructor(done: RangeSet, total: number | undefined, minShare = MIN_SHARE) {
    this.#done = done;
    this.#total = total;
    this.#minShare = minShare;
  }

  /** Bytes of the whole file, once somebody knows. */
  get total(): number | undefined {
    return this.#total;
  }

  /** What has been handed out without an end gets one, so that it can be shared. */
  set total(total: number | undefined) {
    this.#total = total;
    if (total === undefined) return;
    for (const segment of this.#active)
      segment.end = Math.min(segment.end, Math.max(segment.position, total));
  }

  get active(): ReadonlySet<Segment> {
    return this.#active;
  }

  /** Bytes that are there or received, but not written yet. */
  get received(): number {
    const all = new RangeSet(this.#done.ranges);
    for (const { start, position } of this.#active) all.add(start, position);
    return all.size;
  }

  take({ size, speed }: SegmentRequest): Segment | undefined {
    const [free] = this.#free();
    if (free) return this.#claim(free[0], Math.min(free[1], free[0] + Math.ceil(size)), speed);
    return this.#steal({ size: Math.ceil(size), speed });
  }

  /** Whether a connection may go on behind the end of its segment, with the same answer: moves the end if so. */
  extend(segment: Segment, size: number): boolean {
    const next = this.#free().find(([start]) => start === segment.end);
    if (!next || segment.preempted.signal.aborted) return false;
    segment.end = Math.min(next[1], segment.end + Math.ceil(size));
    return true;
  }

  /** Makes a segment the whole file, of which nothing is there any more. */
  rewind(segment: Segment): void {
    segment.start = 0;
    segment.position = 0;
    segment.end = this.total ?? Number.POSITIVE_INFINITY;
  }

  /** Gives a segment back: what was not written of it is free again. */
  release(segment: Segment): void {
    this.#active.delete(segment);
  }

  #free() {
    const taken = new RangeSet(this.#done.ranges);
    for (const { start, end } of this.#active) taken.add(start, end);
    return taken.gaps(this.#total ?? Number.POSITIVE_INFINITY);
  }

  #claim(start: number, end: number, speed: number): Segment {
    const segment = { start, position: start, end, speed, preempted: new AbortController() };
    this.#active.add(segment);
    return segment;
  }

  /** Takes from the segment that would end last, in proportion to the speeds; all of it when hardly anything would stay. */
  #steal({ size, speed }: SegmentRequest): Segment | undefined {
    const slowest = [...this.#active].sort((a, b) => timeLeft(b) - timeLeft(a))[0];
    if (!slowest || rest(slowest) < this.#minShare || rest(slowest) === Number.POSITIVE_INFINITY)
      return undefined;
    const fraction = speed === 0 ? 0.5 : slowest.speed / (slowest.speed + speed);
    const kept = Math.floor(
      Math.min(rest(slowest) * fraction, rest(slowest) > 2 * size ? size : rest(slowest)),
    );
    const isHardlyAnything = kept < this.#minShare && slowest.speed * 4 < speed;
    const start = isHardlyAnything ? slowest.position : slowest.position + kept;
    if (start >= slowest.end) return undefined;
    const end = Math.min(slowest.end, start + size);
    slowest.end = start;
    if (isHardlyAnything) slowest.preempted.abort();
    return this.#claim(start, end, speed);
  }
}

function rest({ position, end }: Segment): number {
  return end - position;
}

/** Seconds; very many for a connection that has brought nothing so far. */
function timeLeft(segment: Segment): number {
  return rest(segment) / Math.max(segment.speed, 1);
}
