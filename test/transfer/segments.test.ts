import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/transfer/byte-ranges.js';
import { type Segment, SegmentQueue } from '../../src/transfer/segments.js';

const MIN_SHARE = 10;
const { POSITIVE_INFINITY } = Number;

function createQueue(total: number | undefined, done = new RangeSet()) {
  const segments = new SegmentQueue(done, total, MIN_SHARE);
  return {
    segments,
    done,
    take: (size: number, speed = 0) => taken(segments.take({ maxSize: size, speed })),
  };
}

function taken(segment: Segment | undefined): Segment {
  if (!segment) throw new Error('No segment was left.');
  return segment;
}

const span = ({ start, end }: Segment) => [start, end];

describe('the missing bytes of a file', () => {
  it('are assigned from the beginning in the requested sizes', () => {
    const { take, segments } = createQueue(100, new RangeSet([[20, 50]]));
    expect(span(take(15))).toEqual([0, 15]);
    expect(span(take(15))).toEqual([15, 20]);
    expect(span(take(POSITIVE_INFINITY))).toEqual([50, 100]);
    expect(segments.received).toBe(30);
  });

  it('are assigned again after an unwritten segment was released', () => {
    const { take, segments, done } = createQueue(100);
    const first = take(40);
    take(40);
    first.position = 30;
    done.add(0, 20);
    expect(segments.received).toBe(30);
    segments.release(first);
    expect(segments.received).toBe(20);
    expect(span(take(100))).toEqual([20, 40]);
  });

  it('have no end while the size is unknown', () => {
    const { take, segments } = createQueue(undefined);
    const only = take(POSITIVE_INFINITY);
    expect(span(only)).toEqual([0, POSITIVE_INFINITY]);
    only.position = 500;
    expect(segments.take({ maxSize: 10, speed: 0 })).toBeUndefined();
  });

  it('can be split once the size is known', () => {
    const { take, segments } = createQueue(undefined);
    const only = take(POSITIVE_INFINITY);
    only.position = 20;
    segments.total = 100;
    expect(only.end).toBe(100);
    only.speed = 10;
    expect(span(take(POSITIVE_INFINITY))).toEqual([60, 100]);
    expect(only.end).toBe(60);
  });

  it('are empty in a complete file', () => {
    expect(
      createQueue(100, new RangeSet([[0, 100]])).segments.take({ maxSize: 1, speed: 1 }),
    ).toBeUndefined();
    expect(createQueue(0).segments.take({ maxSize: 1, speed: 1 })).toBeUndefined();
  });
});

describe('a segment', () => {
  it('can be extended while the next bytes are unassigned', () => {
    const { take, segments } = createQueue(100, new RangeSet([[60, 70]]));
    const first = take(20);
    expect(segments.extend(first, 30)).toBe(true);
    expect(span(first)).toEqual([0, 50]);
    expect(segments.extend(first, 30)).toBe(true);
    expect(span(first)).toEqual([0, 60]);
    expect(segments.extend(first, 30)).toBe(false);
  });

  it('cannot be extended into another segment', () => {
    const { take, segments } = createQueue(100);
    const first = take(20);
    const second = take(20);
    expect(segments.extend(first, 30)).toBe(false);
    expect(segments.extend(second, 30)).toBe(true);
    expect(span(second)).toEqual([20, 70]);
  });
});

describe('a connection after all bytes were assigned', () => {
  it.each([
    ['half without a known speed of its own', 10, 0, [50, 100]],
    ['half without a known speed of the other', 0, 10, [50, 100]],
    ['a share by speed', 100, 300, [25, 100]],
    ['a share by a lower speed', 15, 5, [75, 100]],
  ])('takes %s of the rest', (_name, theirs, own, expected) => {
    const { take } = createQueue(100);
    const first = take(100);
    first.speed = theirs;
    expect(span(take(POSITIVE_INFINITY, own))).toEqual(expected);
    expect(first.end).toBe(expected[0]);
    expect(first.preempted.signal.aborted).toBe(false);
  });

  it('takes nothing without any known speed', () => {
    const { take, segments } = createQueue(1_000_000);
    take(POSITIVE_INFINITY);
    expect(segments.take({ maxSize: 100, speed: 0 })).toBeUndefined();
  });

  it('takes from the segment that would end last', () => {
    const { take } = createQueue(200);
    const [slow, fast] = [take(100), take(100)];
    [slow.speed, fast.speed] = [10, 30];
    [slow.position, fast.position] = [40, 100];
    expect(span(take(POSITIVE_INFINITY, 20))).toEqual([60, 100]);
    expect(fast.end).toBe(200);
  });

  it('takes at most the requested size', () => {
    const { take } = createQueue(1_000);
    const first = take(POSITIVE_INFINITY);
    first.speed = 10;
    expect(span(take(20))).toEqual([20, 40]);
    expect(first.end).toBe(20);
    expect(span(take(20))).toEqual([40, 60]);
  });

  it('takes the whole rest of a stalled segment and preempts it', () => {
    const { take, segments } = createQueue(100);
    const stalled = take(100);
    stalled.position = 30;
    stalled.speed = 1;
    expect(span(take(POSITIVE_INFINITY, 100))).toEqual([30, 100]);
    expect(stalled.preempted.signal.aborted).toBe(true);
    expect(span(stalled)).toEqual([0, 30]);
    expect(segments.extend(stalled, 10)).toBe(false);
    expect(segments.received).toBe(30);
  });

  it('leaves the place of a preempted segment to the one before', () => {
    const { take, segments } = createQueue(100);
    const before = take(10);
    const stalled = take(100);
    stalled.isStalled = true;
    segments.release(take(POSITIVE_INFINITY, 100));
    expect(span(stalled)).toEqual([10, 10]);
    expect(segments.extend(before, 10)).toBe(true);
    expect(span(before)).toEqual([0, 20]);
    expect(segments.extend(stalled, 10)).toBe(false);
  });

  it('does not take less than the minimum share', () => {
    const { take, segments } = createQueue(100);
    take(100).position = 100 - MIN_SHARE + 1;
    expect(segments.take({ maxSize: 100, speed: 1_000 })).toBeUndefined();
  });

  it('takes nothing early of a segment whose speed is that of the beginning, unless it is stalled', () => {
    const { take, segments } = createQueue(100);
    const slow = take(100);
    const request = { maxSize: POSITIVE_INFINITY, speed: 1, isEarly: true };
    slow.speed = 0.5;
    expect(segments.take(request)).toBeUndefined();
    slow.isMeasured = true;
    expect(span(taken(segments.take(request)))).toEqual([33, 100]);
    slow.isMeasured = false;
    slow.isStalled = true;
    expect(span(taken(segments.take(request)))).toEqual([0, 33]);
  });

  it('takes nothing if it is far slower', () => {
    const { take, segments } = createQueue(100);
    take(100).speed = 1e9;
    expect(segments.take({ maxSize: POSITIVE_INFINITY, speed: 1e-12 })).toBeUndefined();
  });
});

/** Connections with random steps, and the invariants after each step. */
class Simulation {
  readonly #total: number;
  readonly #done: RangeSet;
  readonly #segments: SegmentQueue;

  constructor(total: number, isKnown: boolean, done: RangeSet) {
    this.#total = total;
    this.#done = done;
    this.#segments = new SegmentQueue(done, isKnown ? total : undefined, MIN_SHARE);
  }

  take(size: number, speed: number): void {
    const before = this.#taken();
    const theirs = new Map([...this.#segments.active].map((segment) => [segment, segment.end]));
    const segment = this.#segments.take({ maxSize: size, speed });
    if (!segment) return;
    expect(segment.end - segment.start).toBeGreaterThan(0);
    expect(segment.end - segment.start).toBeLessThanOrEqual(Math.ceil(size));
    if (before.gaps(this.#end).length > 0) expect(theirs).toEqual(ends(this.#segments, segment));
    const isDone = this.#done.ranges.some(([start, end]) => start < segment.end && segment.start < end);
    expect(isDone).toBe(false);
  }

  receive(index: number, count: number, speed: number): void {
    const segment = this.#segment(index);
    // With an unknown size, a segment may begin past the end.
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

  /** May release in the middle of a segment and lose unwritten bytes. */
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
        end > (active.slice(index + 1).find(isNotEmpty)?.start ?? Math.max(this.#end, start)) ||
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

  /** Completes the file with the current and new connections. */
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

/** A preempted segment may be empty, and the one before may then be extended over its place. */
function isNotEmpty({ start, end }: Segment): boolean {
  return start < end;
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

describe('connections that start, fail and split segments', () => {
  it('fetch each missing byte, and none twice at a time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(200), fc.nat(30)), { maxLength: 4 }),
        fc.array(step, { maxLength: 40 }),
        (total, isKnown, written, steps) => {
          const done = new RangeSet(written.map(([at, count]) => [at, Math.min(total, at + count)]));
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
