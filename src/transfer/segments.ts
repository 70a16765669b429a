import { RangeSet } from './range-set.js';

/** A part of the file that one connection is fetching. */
export interface Piece {
  start: number;
  /** The next byte to come; moved on by the connection. */
  position: number;
  /** First byte that is not wanted from it any more: may come closer when others take over. Infinite while nobody knows the size. */
  end: number;
  /** Bytes per second of the connection, as far as known; 0 for a new one. */
  speed: number;
  /** Ends the connection's work on this piece when all of the rest was taken from it. */
  readonly dismissed: AbortController;
}

/** What a connection asks for. */
export interface Wish {
  /** Most bytes; what is said of a speed need not be a whole number. */
  readonly size: number;
  /** Bytes per second that the connection is known to bring; 0 when it is new. */
  readonly speed: number;
}

/** A rest shorter than this, in bytes, is not shared any more. */
const LEAST_SHARE = 256 * 1024;

/**
 * Hands out what is missing of a file, the earliest first, so that the checksum can follow; when all is handed out, a
 * part of what the slowest one still has before it.
 */
export class Pieces {
  readonly #done: RangeSet;
  readonly #active = new Set<Piece>();
  readonly #leastShare: number;
  #total: number | undefined;

  constructor(done: RangeSet, total: number | undefined, leastShare = LEAST_SHARE) {
    this.#done = done;
    this.#total = total;
    this.#leastShare = leastShare;
  }

  /** Bytes of the whole file, once somebody knows. */
  get total(): number | undefined {
    return this.#total;
  }

  /** What has been handed out without an end gets one, so that it can be shared. */
  set total(total: number | undefined) {
    this.#total = total;
    if (total === undefined) return;
    for (const piece of this.#active) piece.end = Math.min(piece.end, Math.max(piece.position, total));
  }

  get active(): ReadonlySet<Piece> {
    return this.#active;
  }

  /** Bytes that are there or received, but not written yet. */
  get received(): number {
    const all = new RangeSet(this.#done.ranges);
    for (const { start, position } of this.#active) all.add(start, position);
    return all.size;
  }

  take({ size, speed }: Wish): Piece | undefined {
    const [free] = this.#free();
    if (free) return this.#claim(free[0], Math.min(free[1], free[0] + Math.ceil(size)), speed);
    return this.#share({ size: Math.ceil(size), speed });
  }

  /** Whether a connection may go on behind the end of its piece, with the same answer: moves the end if so. */
  extend(piece: Piece, size: number): boolean {
    const next = this.#free().find(([start]) => start === piece.end);
    if (!next || piece.dismissed.signal.aborted) return false;
    piece.end = Math.min(next[1], piece.end + Math.ceil(size));
    return true;
  }

  /** Makes a piece the whole file, of which nothing is there any more. */
  rewind(piece: Piece): void {
    piece.start = 0;
    piece.position = 0;
    piece.end = this.total ?? Number.POSITIVE_INFINITY;
  }

  /** Gives a piece back: what was not written of it is free again. */
  release(piece: Piece): void {
    this.#active.delete(piece);
  }

  #free() {
    const taken = new RangeSet(this.#done.ranges);
    for (const { start, end } of this.#active) taken.add(start, end);
    return taken.gaps(this.#total ?? Number.POSITIVE_INFINITY);
  }

  #claim(start: number, end: number, speed: number): Piece {
    const piece = { start, position: start, end, speed, dismissed: new AbortController() };
    this.#active.add(piece);
    return piece;
  }

  /** Takes from the piece that would end last, in proportion to the speeds; all of it when hardly anything would stay. */
  #share({ size, speed }: Wish): Piece | undefined {
    const slowest = [...this.#active].sort((a, b) => timeLeft(b) - timeLeft(a))[0];
    if (!slowest || rest(slowest) < this.#leastShare || rest(slowest) === Number.POSITIVE_INFINITY)
      return undefined;
    const fraction = speed === 0 ? 0.5 : slowest.speed / (slowest.speed + speed);
    const kept = Math.floor(
      Math.min(rest(slowest) * fraction, rest(slowest) > 2 * size ? size : rest(slowest)),
    );
    const isHardlyAnything = kept < this.#leastShare && slowest.speed * 4 < speed;
    const start = isHardlyAnything ? slowest.position : slowest.position + kept;
    if (start >= slowest.end) return undefined;
    const end = Math.min(slowest.end, start + size);
    slowest.end = start;
    if (isHardlyAnything) slowest.dismissed.abort();
    return this.#claim(start, end, speed);
  }
}

function rest({ position, end }: Piece): number {
  return end - position;
}

/** Seconds; very many for a connection that has brought nothing so far. */
function timeLeft(piece: Piece): number {
  return rest(piece) / Math.max(piece.speed, 1);
}
