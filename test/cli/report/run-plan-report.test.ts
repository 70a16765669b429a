import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { runPlanLines } from '../../../src/cli/report/run-plan-report.js';
import { logLayout } from '../../../src/cli/terminal/layout.js';
import { createStyle } from '../../../src/cli/terminal/style.js';
import { createTerminalLayout } from '../../../src/cli/terminal/terminal-layout.js';
import { countsOf, planOf } from '../run-plans.js';

const style = createStyle(false);
const log = { style, layout: logLayout, columns: undefined };

describe('the summary of a run with lists', () => {
  it('is a table by type, with what is there and what is to be downloaded', () => {
    const plan = planOf({
      listed: countsOf(57, 33_400_000_000, { unknown: 2 }),
      present: countsOf(30, 12_000_000_000),
      missing: countsOf(27, 21_400_000_000, { unknown: 2 }),
      types: [
        { type: 'LORA', ...countsOf(45, 9_300_000_000, { unknown: 2 }) },
        { type: 'Checkpoint', ...countsOf(12, 24_100_000_000) },
      ],
    });
    expect(runPlanLines(plan, log)).toEqual([
      '                 models  files     size',
      'LORA                 45     45  9.30 GB  2 of unknown size',
      'Checkpoint           12     12  24.1 GB',
      'all                  57     57  33.4 GB  2 of unknown size',
      'already on disk      30     30  12.0 GB',
      'to download          27     27  21.4 GB  2 of unknown size',
      '21.4 GB to download for 27 model files (2 of unknown size) in /models; 500 GB free',
    ]);
  });

  it('leaves out what says nothing: one type, nothing on disk', () => {
    expect(runPlanLines(planOf({ missing: countsOf(3, 5_000_000) }), log)).toEqual([
      '             models  files     size',
      'LORA              3      3  5.00 MB',
      'to download       3      3  5.00 MB',
      '5.00 MB to download for 3 model files in /models; 500 GB free',
    ]);
  });

  it('has a column for versions if a model has several', () => {
    const [head, row] = runPlanLines(planOf({ missing: countsOf(3, 5_000_000, { models: 1 }) }), log);
    expect([head, row]).toEqual([
      '             models  versions  files     size',
      'LORA              1         3      3  5.00 MB',
    ]);
  });

  it.each([
    [
      'only unknown sizes',
      countsOf(2, 0, { unknown: 2 }),
      'LORA              2      2        2 of unknown size',
    ],
    ['no model files', countsOf(2, 0, { files: 0 }), 'LORA              2      0'],
  ])('does not say 0 B of %s', (_what, missing, row) => {
    expect(runPlanLines(planOf({ missing }), log)[1]).toBe(row);
  });

  it('tells of sources beside the lists, and of too little space', () => {
    const plan = planOf({ missing: countsOf(3, 5_000_000_000), otherSources: 2, free: 1_000_000_000 });
    expect(runPlanLines(plan, log).slice(-2)).toEqual([
      'and 2 other sources, whose models are looked up later',
      '5.00 GB to download for 3 model files in /models; only 1.00 GB free: 4.00 GB more needed',
    ]);
  });

  it('says that nothing is to be downloaded', () => {
    const lines = runPlanLines(planOf({ present: countsOf(3, 5), missing: countsOf(0, 0) }), log);
    expect(lines.at(-1)).toBe('Nothing to download except documents and images.');
  });

  it('shows the name of a type without control characters', () => {
    const types = [{ type: 'LO\x1b[2JRA\u202e', ...countsOf(1, 1) }];
    expect(runPlanLines(planOf({ types }), log)[1]).toMatch(/^LO \[2JRA /);
  });

  it('is a list of sentences where the table does not fit', () => {
    const plan = planOf({ missing: countsOf(3, 5_000_000, { models: 1, unknown: 1 }) });
    expect(runPlanLines(plan, { style, layout: createTerminalLayout({ columns: 40 }), columns: 40 })).toEqual(
      [
        'LORA: 1 model, 3 versions, 5.00 MB, 1',
        '  of unknown size',
        'to download: 1 model, 3 versions,',
        '  5.00 MB, 1 of unknown size',
        '5.00 MB to download for 3 model files',
        '  (1 of unknown size) in /models; 500',
        '  GB free',
      ],
    );
  });

  it.each([20, 30, 40, 60, 80])('fits a terminal of %i columns', (columns) => {
    const plan = planOf({
      listed: countsOf(1_234, 33_400_000_000_000, { unknown: 2, models: 1_000 }),
      present: countsOf(30, 12_000_000_000),
      missing: countsOf(1_204, 21_400_000_000, { unknown: 2 }),
      types: ['LORA', 'TextualInversion', 'モデル'].map((type) => ({ type, ...countsOf(400, 99_900_000) })),
      otherSources: 3,
    });
    const lines = runPlanLines(plan, { style, layout: createTerminalLayout({ columns }), columns });
    for (const line of lines) expect(stringWidth(line), line).toBeLessThan(columns);
    expect(lines).not.toContainEqual(expect.stringMatching(/^\s*$/));
  });
});
