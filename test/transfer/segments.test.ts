import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/transfer/byte-ranges.js';
import { type Segment, SegmentQueue } from '../../src/transfer/segments.js';

const LEAST_SHARE = 10;
const { POSITIVE_INFINITY } = Number;

function piecesOf(total: number | undefined, done = new RangeSet()) {
  const segments = new SegmentQueue(done, total, LEAST_SHARE);
  return {
    segments,
    done,
    take: (size: number, speed = 0) => taken(segments.take({ maxSize: size, speed })),
  };
}

function taken(segment: Segment | undefined): Segment {
  if (!segment) throw new Error('There was nothing to take.');
  return segment;
}

const span = ({ start, end }: Segment) => [start, end];

describe('what is missing of a file', () => {
  it('is handed out from its beginning on, in the sizes that are wished for', () => {
    const { take, segments } = piecesOf(100, new RangeSet([[20, 50]]));
    expect(span(take(15))).toEqual([0, 15]);
    expect(span(take(15))).toEqual([15, 20]);
    expect(span(take(POSITIVE_INFINITY))).toEqual([50, 100]);
    expect(segments.received).toBe(30);
  });

  it('is handed out again where it was given back unwritten', () => {
    const { take, segments, done } = piecesOf(100);
    const first = take(40);
    take(40);
    first.position = 30;
    done.add(0, 20);
    expect(segments.received).toBe(30);
    segments.release(first);
    expect(segments.received).toBe(20);
    expect(span(take(100))).toEqual([20, 40]);
  });

  it('has no end as long as nobody knows it', () => {
    const { take, segments } = piecesOf(undefined);
    const only = take(POSITIVE_INFINITY);
    expect(span(only)).toEqual([0, POSITIVE_INFINITY]);
    only.position = 500;
    expect(segments.take({ maxSize: 10, speed: 0 })).toBeUndefined();
  });

  it('can be shared once somebody knows its end', () => {
    const { take, segments } = piecesOf(undefined);
    const only = take(POSITIVE_INFINITY);
    only.position = 20;
    segments.total = 100;
    expect(only.end).toBe(100);
    only.speed = 10;
    expect(span(take(POSITIVE_INFINITY))).toEqual([60, 100]);
    expect(only.end).toBe(60);
  });

  it('is nothing when all is there', () => {
    expect(piecesOf(100, new RangeSet([[0, 100]])).segments.take({ maxSize: 1, speed: 1 })).toBeUndefined();
    expect(piecesOf(0).segments.take({ maxSize: 1, speed: 1 })).toBeUndefined();
  });
});

describe('a connection that has come to the end of its segment', () => {
  it('goes on while what follows is free', () => {
    const { take, segments } = piecesOf(100, new RangeSet([[60, 70]]));
    const first = take(20);
    expect(segments.extend(first, 30)).toBe(true);
    expect(span(first)).toEqual([0, 50]);
    expect(segments.extend(first, 30)).toBe(true);
    expect(span(first)).toEqual([0, 60]);
    expect(segments.extend(first, 30)).toBe(false);
  });

  it('stops where another one works', () => {
    const { take, segments } = piecesOf(100);
    const first = take(20);
    const second = take(20);
    expect(segments.extend(first, 30)).toBe(false);
    expect(segments.extend(second, 30)).toBe(true);
    expect(span(second)).toEqual([20, 70]);
  });
});

describe('when all is handed out', () => {
  it.each([
    ['half, if its own speed is unknown', 100, 0, [50, 100]],
    ['half, if the speed of the other is unknown', 0, 100, [50, 100]],
    ['as much as its speed is worth', 100, 300, [25, 100]],
    ['as much as its speed is worth, if slower', 30, 10, [75, 100]],
  ])('a newcomer gets of the rest %s', (_what, theirs, own, expected) => {
    const { take } = piecesOf(100);
    const first = take(100);
    first.speed = theirs;
    expect(span(take(POSITIVE_INFINITY, own))).toEqual(expected);
    expect(first.end).toBe(expected[0]);
    expect(first.preempted.signal.aborted).toBe(false);
  });

  it('nothing is split as long as no speed is known', () => {
    const { take, segments } = piecesOf(1_000_000);
    take(POSITIVE_INFINITY);
    expect(segments.take({ maxSize: 100, speed: 0 })).toBeUndefined();
  });

  it('it takes from the one that would end last', () => {
    const { take } = piecesOf(200);
    const [slow, fast] = [take(100), take(100)];
    [slow.speed, fast.speed] = [10, 30];
    [slow.position, fast.position] = [40, 100];
    expect(span(take(POSITIVE_INFINITY, 20))).toEqual([60, 100]);
    expect(fast.end).toBe(200);
  });

  it('it takes no more than it wished for, and leaves the rest to others', () => {
    const { take } = piecesOf(1_000);
    const first = take(POSITIVE_INFINITY);
    first.speed = 10;
    expect(span(take(20))).toEqual([20, 40]);
    expect(first.end).toBe(20);
    expect(span(take(20))).toEqual([40, 60]);
  });

  it('all that a stalled one has left is taken over, and it is dismissed', () => {
    const { take, segments } = piecesOf(100);
    const stalled = take(100);
    stalled.position = 30;
    stalled.speed = 1;
    expect(span(take(POSITIVE_INFINITY, 100))).toEqual([30, 100]);
    expect(stalled.preempted.signal.aborted).toBe(true);
    expect(span(stalled)).toEqual([0, 30]);
    expect(segments.extend(stalled, 10)).toBe(false);
    expect(segments.received).toBe(30);
  });

  it('a rest of hardly anything stays with whom it belongs to', () => {
    const { take, segments } = piecesOf(100);
    take(100).position = 100 - LEAST_SHARE + 1;
    expect(segments.take({ maxSize: 100, speed: 1_000 })).toBeUndefined();
  });

  it('there is nothing in it for one that is slower beyond measure', () => {
    const { take, segments } = piecesOf(100);
    take(100).speed = 1e9;
    expect(segments.take({ maxSize: POSITIVE_INFINITY, speed: 1e-12 })).toBeUndefined();
  });
});

/** Connections that do anything at any time, and what must hold all the while. */
class Simulation {
  readonly #total: number;
  readonly #done: RangeSet;
  readonly #segments: SegmentQueue;

  constructor(total: number, isKnown: boolean, done: RangeSet) {
    this.#total = total;
    this.#done = done;
    this.#segments = new SegmentQueue(done, isKnown ? total : undefined, LEAST_SHARE);
  }

  take(size: number, speed: number): void {
    const before = this.#taken();
    const theirs = new Map([...this.#segments.active].map((segment) => [segment, segment.end]));
    const segment = this.#segments.take({ maxSize: size, speed });
    if (!segment) return;
    expect(segment.end - segment.start).toBeGreaterThan(0);
    expect(segment.end - segment.start).toBeLessThanOrEqual(Math.ceil(size));
    if (before.gaps(this.#end).length > 0) expect(theirs).toEqual(ends(this.#segments, segment));
    const isThere = this.#done.ranges.some(([start, end]) => start < segment.end && segment.start < end);
    expect(isThere).toBe(false);
  }

  receive(index: number, count: number, speed: number): void {
    const segment = this.#segment(index);
    // Where nobody knows the size, a segment can lie behind the end.
    if (!segment || segment.start >= this.#total) return;
    segment.position = Math.min(
      segment.position + count,
      Math.max(segment.end, segment.position),
      this.#total,
    );
    segment.speed = speed;
  }

  write(index: number): void {
    const segment = this.#segment(index);
    if (segment) this.#done.add(segment.start, segment.position);
  }

  extend(index: number, size: number): void {
    const segment = this.#segment(index);
    if (segment) this.#segments.extend(segment, size);
  }

  /** Also in the middle of the segment, with bytes that were never written. */
  release(index: number, written: number): void {
    const segment = this.#segment(index);
    if (!segment) return;
    this.#done.add(segment.start, Math.min(segment.position, segment.start + written));
    this.#segments.release(segment);
  }

  learn(): void {
    this.#segments.total = this.#total;
  }

  check(): void {
    const active = [...this.#segments.active].sort((a, b) => a.start - b.start || a.end - b.end);
    const wrong = active.filter(
      ({ start, position, end, preempted: { signal } }, index) =>
        !Number.isInteger(start) ||
        !(Number.isInteger(end) || end === POSITIVE_INFINITY) ||
        start > position ||
        position > end ||
        end > (active[index + 1]?.start ?? Math.max(this.#end, start)) ||
        (signal.aborted && position < end),
    );
    expect(wrong).toEqual([]);
    const received = [
      ...this.#done.ranges,
      ...active.map(({ start, position }) => [start, position] as const),
    ];
    const bits = new Uint8Array(this.#total);
    for (const [start, end] of received) bits.fill(1, start, end);
    expect(this.#segments.received).toBe(bits.filter((bit) => bit === 1).length);
  }

  /** Lets all that work, and newcomers, work to the end. */
  finish(): void {
    this.learn();
    for (let rounds = 0; this.#done.size < this.#total; rounds++) {
      expect(rounds).toBeLessThan(1_000);
      this.take(25, 50);
      this.receive(rounds, 20, 50);
      this.check();
      for (const segment of [...this.#segments.active]) {
        if (segment.position < segment.end) continue;
        this.#done.add(segment.start, segment.position);
        this.#segments.release(segment);
      }
    }
    expect(this.#segments.take({ maxSize: 25, speed: 50 })).toBeUndefined();
  }

  get #end(): number {
    return this.#segments.total ?? POSITIVE_INFINITY;
  }

  #segment(index: number): Segment | undefined {
    return [...this.#segments.active][index % this.#segments.active.size];
  }

  #taken(): RangeSet {
    return new RangeSet([
      ...this.#done.ranges,
      ...[...this.#segments.active].map(({ start, end }) => [start, end] as const),
    ]);
  }
}

function ends({ active }: SegmentQueue, newcomer: Segment): Map<Segment, number> {
  return new Map(
    [...active].filter((segment) => segment !== newcomer).map((segment) => [segment, segment.end]),
  );
}

const fraction = (max: number) => fc.double({ min: 1, max, noNaN: true });
const size = fc.oneof(fc.integer({ min: 1, max: 80 }), fraction(80), fc.constant(POSITIVE_INFINITY));
const speed = fc.oneof(fc.constantFrom(0, 1e-9, 1e9), fraction(100));
const index = fc.nat(7);
const step = fc.oneof(
  fc.tuple(size, speed).map((args) => (run: Simulation) => run.take(...args)),
  fc.tuple(index, fc.nat(60), speed).map((args) => (run: Simulation) => run.receive(...args)),
  index.map((which) => (run: Simulation) => run.write(which)),
  fc.tuple(index, size).map((args) => (run: Simulation) => run.extend(...args)),
  fc.tuple(index, fc.nat(60)).map((args) => (run: Simulation) => run.release(...args)),
  fc.constant((run: Simulation) => run.learn()),
);

describe('connections that come, go, fail and share', () => {
  it('never fetch a byte twice at a time, nor one that is there, and all of them in the end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(200), fc.nat(30)), { maxLength: 4 }),
        fc.array(step, { maxLength: 40 }),
        (total, isKnown, there, steps) => {
          const done = new RangeSet(there.map(([at, count]) => [at, Math.min(total, at + count)]));
          const run = new Simulation(total, isKnown, done);
          for (const next of steps) {
            next(run);
            run.check();
          }
          run.finish();
        },
      ),
      { numRuns: 150 },
    );
  });
});
