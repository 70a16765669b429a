import { REFERENCE } from './contenders.js';
import { idealSeconds, type Shape } from './proxy/shape.js';
import type { Results, Run } from './race.js';
import { median, ratios, spread } from './ratios.js';

/** A race that has ended. */
export interface Outcome {
  readonly results: Results;
  /** Bytes of all files. */
  readonly size: number;
  readonly shape: Shape;
}

/** A column of a case's table: a contender's runs in a few words. */
export interface Column {
  readonly title: string;
  readonly cell: (runs: readonly Run[], outcome: Outcome) => string;
}

type Measure = (run: Run) => number;

const wall: Measure = (run) => run.wall;
const speed: Measure = (run) => 1 / run.wall;

function ratioTo(title: string, reference: string, value: Measure): Column {
  return {
    title,
    cell: (runs, { results }) => {
      const partners = results.get(reference);
      return partners ? spread(ratios(runs.map(value), partners.map(value)), 2) : '-';
    },
  };
}

export const seconds: Column = { title: 'seconds', cell: (runs) => median(runs.map(wall)).toFixed(2) };

export const wallRatio = ratioTo('wall /curl', REFERENCE, wall);

/** Other programs only ever make a run slower: the fastest runs are the least disturbed ones. */
export const bestRatio: Column = {
  title: 'fastest /fastest curl',
  cell: (runs, { results }) => {
    const fastest = (some: readonly Run[]) => Math.min(...some.map(wall));
    return (fastest(runs) / fastest(results.get(REFERENCE) ?? [])).toFixed(2);
  },
};

export const cpuRatio = ratioTo('CPU /curl', REFERENCE, (run) => run.cpu);

export const wallToHashed = ratioTo('wall /curl+openssl', 'curl, then openssl', wall);

export const wallToSynced = ratioTo('wall /curl+sha256sum+sync', 'curl, then sha256sum, sync', wall);

export const timesFaster = ratioTo('times faster than curl', REFERENCE, speed);

/** The speed compared with another contender: 1 is the same, more is faster. */
export const speedTo = (reference: string) => ratioTo(`speed /${reference}`, reference, speed);

export const resident: Column = {
  title: 'RSS MB',
  cell: (runs) => (Math.max(...runs.map((run) => run.resident)) / 1e6).toFixed(0),
};

export const tail: Column = {
  title: 'tail ms',
  cell: (runs) =>
    spread(
      runs.map((run) => (run.tail ?? Number.NaN) * 1000),
      0,
    ),
};

export const tailShare: Column = {
  title: 'of the whole',
  cell: (runs) => `${(100 * median(runs.map((run) => (run.tail ?? Number.NaN) / run.wall))).toFixed(1)} %`,
};

export const bytesSent: Column = {
  title: 'bytes sent /size',
  cell: (runs, { size }) =>
    spread(
      runs.map((run) => run.sentBytes / size),
      3,
    ),
};

export const bytesPassed: Column = {
  title: 'bytes arrived /size',
  cell: (runs, { size }) =>
    spread(
      runs.map((run) => (run.traffic?.bytes ?? Number.NaN) / size),
      3,
    ),
};

export const requests: Column = {
  title: 'requests',
  cell: (runs) =>
    spread(
      runs.map((run) => run.requests),
      0,
    ),
};

export const ideal: Column = {
  title: 'ideal seconds',
  cell: (_runs, { shape, size }) => idealSeconds(shape, size).toFixed(2),
};

export const behindIdeal: Column = {
  title: 'seconds behind the ideal',
  cell: (runs, { shape, size }) =>
    spread(
      runs.map((run) => run.wall - idealSeconds(shape, size)),
      2,
    ),
};

export const connections: Column = {
  title: 'connections: opened, most at once, mean in use',
  cell: (runs) => {
    const [opened, max, mean] = (['opened', 'max', 'mean'] as const).map((key) =>
      median(runs.map((run) => run.traffic?.[key] ?? Number.NaN)),
    );
    return `${opened}, ${max}, ${mean?.toFixed(1)}`;
  },
};

/** Of the last round. */
export const timeline: Column = {
  title: 'in use, by half seconds',
  cell: (runs) => runs.at(-1)?.traffic?.timeline.join(' ') ?? '-',
};
