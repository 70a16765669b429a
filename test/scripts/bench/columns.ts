import { REFERENCE } from './contenders.js';
import type { Results, Run } from './race.js';
import { median, ratios, spread } from './ratios.js';

/** A column of a case's table: a contender's runs in a few words. */
export interface Column {
  readonly title: string;
  readonly cell: (runs: readonly Run[], results: Results) => string;
}

type Figure = (run: Run) => number;

const wall: Figure = (run) => run.wall;

function ratioTo(title: string, reference: string, figure: Figure): Column {
  return {
    title,
    cell: (runs, results) => {
      const partners = results.get(reference);
      return partners ? spread(ratios(runs.map(figure), partners.map(figure)), 2) : '-';
    },
  };
}

export const seconds: Column = { title: 'seconds', cell: (runs) => median(runs.map(wall)).toFixed(2) };

export const wallRatio = ratioTo('wall /curl', REFERENCE, wall);

/** Others on the same machine only ever make a run slower: the fastest of each are the least disturbed ones. */
export const bestRatio: Column = {
  title: 'fastest /fastest curl',
  cell: (runs, results) => {
    const fastest = (some: readonly Run[]) => Math.min(...some.map(wall));
    return (fastest(runs) / fastest(results.get(REFERENCE) ?? [])).toFixed(2);
  },
};

export const cpuRatio = ratioTo('CPU /curl', REFERENCE, (run) => run.cpu);

export const wallToHashed = ratioTo('wall /curl+openssl', 'curl, then openssl', wall);

export const timesFaster = ratioTo('times faster than curl', REFERENCE, (run) => 1 / run.wall);

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
