import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionScaler } from '../../src/transfer/connections.js';

const MB = 1_000_000;
const MOST = 8;
/** Milliseconds between two looks, and between two steps of the network. */
const TICK = 50;
const STEP = 10;

interface Network {
  /** Bytes per second of each connection, and of all together, at most. */
  readonly each?: number;
  readonly all?: number;
  /** Milliseconds of a round trip. */
  readonly latency?: number;
  /** Connections that are served; one more is turned away. */
  readonly served?: number;
  /** From 0 to 1: by how much the rate goes up and down. */
  readonly noise?: number;
}

/** What TCP sends before the first acknowledgement comes: from there on, it doubles with every round trip. */
const FIRST_FLIGHT = 15_000;
/** Round trips until the first byte: TCP, TLS, the request. */
const SETUP = 3;

/** Bytes per second of a connection of that age. */
function speedOf(age: number, { each = Number.POSITIVE_INFINITY, latency = 0 }: Network): number {
  if (latency === 0) return each;
  const trips = age / latency - SETUP;
  return trips < 0 ? 0 : Math.min(each, (FIRST_FLIGHT * 2 ** Math.floor(trips) * 1_000) / latency);
}

/** Lets a transfer run that many milliseconds; returns how many connections were wanted at each look. */
function run(network: Network, duration: number, { most = MOST, first = 1, random = () => 0.5 } = {}) {
  const {
    all = Number.POSITIVE_INFINITY,
    latency = 0,
    served = Number.POSITIVE_INFINITY,
    noise = 0,
  } = network;
  const scaler = new ConnectionScaler(most, first);
  const wanted: number[] = [];
  let born: number[] = [];
  let received = 0;
  for (let now = 0; now < duration; now += STEP) {
    const rates = born.map((since) => speedOf(now - since, network));
    const rate = Math.min(
      all,
      rates.reduce((sum, speed) => sum + speed, 0),
      10_000 * MB,
    );
    received += (rate * (1 + noise * (2 * random() - 1)) * STEP) / 1_000;
    if (now % TICK > 0) continue;
    const busy = rates.filter((speed) => speed > 0).length;
    if (born.length > served) scaler.backOff(served, now);
    scaler.observe({ now, received, busy, latency });
    born = born.slice(0, scaler.target);
    while (born.length < scaler.target) born.push(now);
    wanted.push(scaler.target);
  }
  return wanted;
}

const at = (ms: number) => ms / TICK;

describe('the number of connections', () => {
  it.each([2, 3, 4, 6, 8, 16])('doubles up to %i where the server limits each one', (most) => {
    const wanted = run({ each: 10 * MB }, 30_000, { most });
    expect(wanted.slice(at(1_000))).toEqual(Array(at(29_000)).fill(most));
    expect([...new Set(wanted)]).toEqual([1, 2, 4, 8, 16].filter((count) => count < most).concat(most));
  });

  it.each([50, 150])('does so within seconds where a round trip takes %i ms', (latency) => {
    const wanted = run({ each: 10 * MB, latency }, 30_000);
    expect(wanted.slice(at(latency * 60)).every((count) => count === MOST)).toBe(true);
  });

  it('does so, too, where the rate goes up and down', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (numbers) => {
        const random = () => numbers.next().value ?? 0;
        expect(run({ each: 10 * MB, noise: 0.3 }, 3_000, { random }).at(-1)).toBe(MOST);
      }),
      { numRuns: 30 },
    );
  });

  it('follows a line that is shared as far as it goes, and no further', () => {
    const wanted = run({ each: 10 * MB, all: 40 * MB }, 60_000);
    expect(wanted.at(at(1_000))).toBe(4);
    // Looking now and then whether more would help costs something, and must not cost much.
    expect(wanted.filter((count) => count !== 4).length).toBeLessThan(at(6_000));
  });

  it.each([
    ['the line is the limit', { all: 30 * MB }],
    ['the line is the limit, 50 ms away', { all: 30 * MB, latency: 50 }],
    ['the line is the limit, 150 ms away', { all: 3 * MB, latency: 150 }],
    ['this machine is the limit', {}],
  ])('settles at one or two where %s', (_what, network) => {
    const wanted = run(network, 60_000);
    expect(wanted.filter((count) => count > 2).length).toBeLessThan(at(7_000));
    expect(wanted.slice(-at(5_000)).every((count) => count <= 2)).toBe(true);
  });

  it('is what it starts with, where that is worth it', () => {
    expect(new Set(run({ each: 10 * MB }, 10_000, { first: MOST }))).toEqual(new Set([MOST]));
  });

  it('never exceeds the most that is allowed', () => {
    expect(new Set(run({ each: 10 * MB }, 10_000, { most: 1 }))).toEqual(new Set([1]));
  });

  it('grows later where it did not help at first', () => {
    const scaler = new ConnectionScaler(2);
    const feed = (from: number, to: number, rate: (count: number) => number, start: number) => {
      let received = start;
      for (let now = from; now < to; now += TICK) {
        received += rate(scaler.target) * TICK;
        scaler.observe({ now, received, busy: scaler.target, latency: 0 });
      }
      return received;
    };
    const received = feed(0, 4_000, () => 1_000, 0);
    expect(scaler.target).toBe(1);
    feed(4_000, 9_000, (count) => count * 1_000, received);
    expect(scaler.target).toBe(2);
  });
});

describe('a server that turns away what is too much for it', () => {
  it.each([1, 2, 3, 5])('keeps %i connections, and is rarely asked for more', (served) => {
    const wanted = run({ each: 10 * MB, served }, 120_000);
    const tries = wanted.filter((count, look) => count > served && (wanted[look - 1] ?? 0) <= served).length;
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(8);
    expect(wanted.filter((count) => count === served).length).toBeGreaterThan(at(110_000));
  });

  it('is not held against it more than once when it turns several away at a time', () => {
    const scaler = new ConnectionScaler(MOST, MOST);
    for (let count = 0; count < MOST - 1; count++) scaler.backOff(1, 1_000);
    expect(scaler.target).toBe(1);
    let received = 0;
    for (let now = 1_000; now < 8_000; now += TICK) {
      received += 1_000 * scaler.target;
      scaler.observe({ now, received, busy: scaler.target, latency: 0 });
    }
    expect(scaler.target).toBeGreaterThan(1);
  });

  it('keeps one at least', () => {
    const scaler = new ConnectionScaler(MOST, MOST);
    scaler.backOff(0, 0);
    expect(scaler.target).toBe(1);
  });
});

describe('a connection that takes long to bring bytes', () => {
  it('is waited for, but not without end', () => {
    const scaler = new ConnectionScaler(2);
    let received = 0;
    const feed = (from: number, to: number) => {
      for (let now = from; now < to; now += TICK) {
        received += 1_000;
        scaler.observe({ now, received, busy: 1, latency: 0 });
      }
    };
    feed(0, 1_000);
    expect(scaler.target).toBe(2);
    feed(1_000, 5_000);
    expect(scaler.target).toBe(1);
  });
});
