import { describe, expect, it } from 'vitest';
import { Totals, totalLine } from '../../../src/cli/report/totals.js';
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
    expect(run.current.left).toBeUndefined();
    run.tell(1, start(1000));
    run.after(1000);
    run.tell(1, progress(500));
    // 500 + 3000 that are known, and two of 2000 that are guessed, at 500 per second.
    expect(run.current).toMatchObject({ bytesPerSecond: 500, left: 15_000 });
    run.tell(1, end());
    expect(run.current.left).toBe(14_000);
  });

  it('does not guess where there is nothing to fetch', () => {
    const run = totalsOf(2);
    run.plan(1, 0);
    run.after(1000);
    expect(run.current.left).toBeUndefined();
  });
});

describe('the line of a run', () => {
  const total = {
    items: 1000,
    ended: 12,
    failed: 3,
    running: 4,
    fetched: 4_210_000_000,
    bytesPerSecond: 35_200_000,
    left: 3_723_000,
  };

  it.each([
    [80, '12 of 1000 models  3 failed  4.21 GB  35.2 MB/s  1:02:03 left'],
    [61, '12 of 1000 models  3 failed  35.2 MB/s  1:02:03 left'],
    [45, '12 of 1000 models  3 failed  1:02:03 left'],
    [40, '12 of 1000 models  3 failed'],
    [20, '12 of 1000 models'],
    [10, '12 of 10…'],
  ])('on %i columns leaves out what matters least', (columns, line) => {
    expect(totalLine(total, columns)).toBe(line);
  });

  it('does not count where there is one model, and says of no failure where there is none', () => {
    expect(totalLine({ ...total, items: 1, failed: 0 }, 80)).toBe('4.21 GB  35.2 MB/s  1:02:03 left');
  });
});
