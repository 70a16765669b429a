import { describe, expect, it } from 'vitest';
import { describeItems, type Total, Totals, totalLine } from '../../../src/cli/report/totals.js';
import type { DownloadEvent, ItemEvent } from '../../../src/download/events.js';
import { done, failed, repeated } from './outcomes.js';

const subject = { text: '66' };
const plan = { modelFile: undefined, documents: [], images: [] };

function totalsOf(items: number) {
  let time = 0;
  const totals = new Totals(items, () => time);
  return {
    tell: (item: number, happening: ItemEvent) => totals.add({ item, ...happening } as DownloadEvent),
    plan: (item: number, missing: number) =>
      totals.add({ type: 'planned', item, subject, plan, from: 'network', missing }),
    after: (ms: number) => {
      time += ms;
    },
    get current() {
      return totals.current;
    },
  };
}

const start = (size: number, copied?: string): ItemEvent => ({
  type: 'file-started',
  name: 'x',
  size,
  copied,
});
const progress = (received: number): ItemEvent => ({ type: 'file-progress', received, total: undefined });
const end = (outcome = done(), isLast = true): ItemEvent => ({ type: 'finished', outcome, isLast });

describe('the totals of a run', () => {
  it('counts items, not files', () => {
    const run = totalsOf(3);
    run.tell(1, { type: 'started', subject, of: 3 });
    run.tell(2, { type: 'started', subject, of: 3 });
    expect(run.current).toMatchObject({ items: 3, ended: 0, running: 2, failed: 0 });
    run.tell(1, end(done(), false));
    run.tell(1, { type: 'finished', outcome: failed(new Error('x')), isLast: true });
    run.tell(2, { type: 'finished', outcome: repeated, isLast: true });
    expect(run.current).toMatchObject({ ended: 2, running: 0, failed: 1 });
  });

  it('counts bytes that come over the network in this run', () => {
    const run = totalsOf(2);
    run.tell(1, start(100));
    run.tell(1, { type: 'file-noticed', notice: { type: 'resumed', bytes: 40 } });
    run.tell(1, progress(50));
    run.tell(2, start(100, '/elsewhere'));
    run.tell(2, progress(90));
    run.tell(1, progress(60));
    expect(run.current.fetched).toBe(20);
    // From zero again.
    run.tell(1, progress(0));
    run.tell(1, progress(30));
    expect(run.current.fetched).toBe(50);
  });

  it('guesses how long the rest takes, of what is planned and of what is not yet', () => {
    const run = totalsOf(4);
    run.plan(1, 1000);
    run.plan(2, 3000);
    expect(run.current.msLeft).toBeUndefined();
    run.tell(1, start(1000));
    run.after(5000);
    run.tell(1, progress(500));
    // 500 + 3000 that are known, and two of 2000 that are guessed, at 100 per second.
    expect(run.current).toMatchObject({ bytesPerSecond: 100, msLeft: 75_000, expected: 8000, share: 0.0625 });
    run.tell(1, end());
    expect(run.current.msLeft).toBe(70_000);
  });

  it('does not guess before the speed of the connections can be known', () => {
    const run = totalsOf(1);
    run.plan(1, 11_000);
    // The wait for the first byte is no part of the speed.
    run.after(60_000);
    run.tell(1, start(11_000));
    const shown: (number | undefined)[] = [];
    for (let second = 1; second <= 5; second++) {
      run.after(1000);
      run.tell(1, progress(second * 1000));
      shown.push(run.current.msLeft);
    }
    expect(shown).toEqual([undefined, undefined, 8000, 7000, 6000]);
  });

  it('shares by items where nothing is to be fetched', () => {
    const run = totalsOf(4);
    run.plan(1, 0);
    run.tell(1, end());
    expect(run.current).toMatchObject({ expected: 0, share: 0.25 });
  });

  it('does not guess where there is nothing to fetch', () => {
    const run = totalsOf(2);
    run.plan(1, 0);
    run.after(1000);
    expect(run.current.msLeft).toBeUndefined();
  });
});

describe('the line of a run', () => {
  const total: Total = {
    items: 1000,
    ended: 12,
    failed: 3,
    running: 4,
    fetched: 4_210_000_000,
    expected: 42_100_000_000,
    share: 0.1,
    bytesPerSecond: 35_200_000,
    msLeft: 3_723_000,
  };

  it.each<readonly [what: string, total: Total, line: string]>([
    [
      'all that is known',
      total,
      '12 of 1000 models  3 failed  10 %  4.21 GB of 42.1 GB  35.2 MB/s  1:02:03 left',
    ],
    [
      'no failure where there is none',
      { ...total, failed: 0, msLeft: undefined },
      '12 of 1000 models  10 %  4.21 GB of 42.1 GB  35.2 MB/s',
    ],
    [
      'no number of models where there is one',
      { ...total, items: 1, failed: 0 },
      '10 %  4.21 GB of 42.1 GB  35.2 MB/s  1:02:03 left',
    ],
    [
      'no share of nothing',
      { ...total, failed: 0, fetched: 0, expected: 0, bytesPerSecond: undefined, msLeft: undefined },
      '12 of 1000 models  0 B',
    ],
  ])('has %s', (_what, current, line) => {
    expect(totalLine(current)).toBe(line);
  });

  it('describes the items in fewer and fewer columns', () => {
    expect(describeItems(total)).toEqual(['12 of 1000 models, 3 failed', '12/1000, 3 failed', '12/1000']);
    expect(describeItems({ ...total, failed: 0 })).toEqual(['12 of 1000 models', '12 of 1000', '12/1000']);
  });
});
