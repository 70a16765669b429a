import { describe, expect } from 'vitest';
import { neededSpaceLines, SpaceSums } from '../../../src/cli/report/plan-report.js';
import { createStyle } from '../../../src/cli/terminal/style.js';
import type { FileOrigin } from '../../../src/download/events.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';

const style = createStyle(false);
const sum = { directory: '/models', files: 3, unknown: 0, missing: 4_210_000_000, free: 100_000_000_000 };

function planned(target: string, missing: number, from: FileOrigin = 'network', size?: number) {
  const file = { id: 1, name: 'x', type: 'Model', size, hashes: new Map(), primary: true };
  const plan = { modelFile: { file, modelId: 66, versionId: 75, target }, documents: [], images: [] };
  return { type: 'planned', item: 1, subject: { text: '66' }, plan, from, missing } as const;
}

describe('the space that a plan needs', () => {
  it('is the sum of the files to download per file system, each file once', async () => {
    const sums = new SpaceSums();
    sums.add(planned(sandbox.path('models/a/a.ckpt'), 100, 'network', 100));
    sums.add(planned(sandbox.path('models/a/a.ckpt'), 100, 'network', 100));
    sums.add(planned(sandbox.path('models/b/b.ckpt'), 20, 'network', 50));
    sums.add(planned(sandbox.path('models/c/c.ckpt'), 0));
    sums.add(planned(sandbox.path('models/d/d.ckpt'), 0, 'cache', 70));
    expect(sums.sums()).toEqual([
      { directory: sandbox.path('models'), files: 3, unknown: 1, missing: 120, free: expect.any(Number) },
    ]);
  });

  it.each([
    ['of a single file', ['models/a/a.ckpt'], 'models/a'],
    ['of files in one folder', ['models/a/a.ckpt', 'models/a/b.ckpt'], 'models/a'],
    ['of a folder in it', ['models/a/b/c.ckpt', 'models/a/a.ckpt'], 'models/a'],
    ['of folders with similar names', ['models/a/a.ckpt', 'models/ab/a.ckpt', 'models/..a/a.ckpt'], 'models'],
  ])('names the folder %s', (_what, targets, directory) => {
    const sums = new SpaceSums();
    for (const target of targets) sums.add(planned(sandbox.path(target), 1));
    expect(sums.sums()).toMatchObject([{ directory: sandbox.path(directory), files: targets.length }]);
  });

  it.each([
    ['there is enough space', sum, '4.21 GB to download for 3 model files in /models; 100 GB free'],
    [
      'there is not enough space',
      { ...sum, free: 2_000_000_000 },
      '4.21 GB to download for 3 model files in /models; only 2.00 GB free: 2.21 GB more needed',
    ],
    [
      'a size is unknown',
      { ...sum, files: 1, unknown: 1, missing: 0 },
      '0 B to download for 1 model file (1 of unknown size) in /models; 100 GB free',
    ],
    [
      'the free space is unknown',
      { ...sum, free: undefined },
      '4.21 GB to download for 3 model files in /models; free space unknown',
    ],
  ])('is formatted when %s', (_what, needed, line) => {
    expect(neededSpaceLines([needed], style)).toEqual([line]);
  });

  it('is zero when no model file is downloaded', () => {
    expect(neededSpaceLines([], style)).toEqual(['Nothing to download except documents and images.']);
  });
});
