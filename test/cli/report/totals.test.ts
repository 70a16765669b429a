import { describe, expect, it } from 'vitest';
import { Totals } from '../../../src/cli/report/totals.js';
import type { DownloadEvent, ItemEvent } from '../../../src/download/events.js';
import { done, failed, repeated } from './outcomes.js';

const subject = { text: '66' };
const plan = { modelFile: undefined, documents: [], images: [] };

function tallyOf(items: number) {
  let time = 0;
  const tally = new Totals(items, () => time);
  return {
    tell: (item: number, happening: ItemEvent) => tally.add({ item, ...happening } as DownloadEvent),
    plan: (item: number, missing: number) =>
      tally.add({ type: 'planned', item, subject, plan, from: 'network', missing }),
    after: (ms: number) => {
      time += ms;
    },
    get total() {
      return tally.current;
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

describe('a tally', () => {
  it('counts items, not files', () => {
    const run = tallyOf(3);
    run.tell(1, { type: 'started', subject, of: 3 });
    run.tell(2, { type: 'started', subject, of: 3 });
    expect(run.total).toMatchObject({ items: 3, ended: 0, running: 2, failed: 0 });
    run.tell(1, end(done(), false));
    run.tell(1, { type: 'finished', outcome: failed(new Error('x')), isLast: true });
    run.tell(2, { type: 'finished', outcome: repeated, isLast: true });
    expect(run.total).toMatchObject({ ended: 2, running: 0, failed: 1 });
  });

  it('counts bytes that come over the network in this run', () => {
    const run = tallyOf(2);
    run.tell(1, start(100));
    run.tell(1, { type: 'file-noticed', notice: { type: 'resumed', bytes: 40 } });
    run.tell(1, progress(50));
    run.tell(2, start(100, '/elsewhere'));
    run.tell(2, progress(90));
    run.tell(1, progress(60));
    expect(run.total.fetched).toBe(20);
    // From zero again.
    run.tell(1, progress(0));
    run.tell(1, progress(30));
    expect(run.total.fetched).toBe(50);
  });

  it('guesses how long the rest takes, of what is planned and of what is not yet', () => {
    const run = tallyOf(4);
    run.plan(1, 1000);
    run.plan(2, 3000);
    expect(run.total.left).toBeUndefined();
    run.tell(1, start(1000));
    run.after(1000);
    run.tell(1, progress(500));
    // 500 + 3000 that are known, and two of 2000 that are guessed, at 500 per second.
    expect(run.total).toMatchObject({ bytesPerSecond: 500, left: 15_000 });
    run.tell(1, end());
    expect(run.total.left).toBe(14_000);
  });

  it('does not guess where there is nothing to fetch', () => {
    const run = tallyOf(2);
    run.plan(1, 0);
    run.after(1000);
    expect(run.total.left).toBeUndefined();
  });
});
