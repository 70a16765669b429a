import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { totalLine } from '../../../src/cli/report/totals.js';
import { type BarState, progressBar } from '../../../src/cli/terminal/progress-bar.js';
import { pad, truncate, wrappedRows } from '../../../src/cli/terminal/text-width.js';

const track: BarState = {
  label: 'Paper Lantern Ink v2',
  unit: 'bytes',
  value: 1_234_567_890,
  total: 2_132_625_894,
  bytesPerSecond: 35_200_000,
};
const total = {
  items: 1000,
  ended: 12,
  failed: 3,
  running: 4,
  fetched: 4_210_000_000,
  bytesPerSecond: 35_200_000,
  left: 3_723_000,
};

describe('the line of a transfer', () => {
  it.each([
    [
      100,
      'Paper Lantern Ink v2         █████████████░░░░░░░░░░░     57 %  1.23 GB of 2.13 GB  35.2 MB/s     26 s left',
    ],
    [80, 'Paper Lantern…  █████░░░░░   57 %  1.23 GB of 2.13 GB  35.2 MB/s     26 s left'],
    [60, 'Paper Lantern…  █████░░░░░   57 %  35.2 MB/s     26 s left'],
    [40, 'Paper Lant…  ████░░░░   57 %  35.2 MB/s'],
    [20, 'Paper Lante…   57 %'],
  ])('on %i columns leaves out what there is no room for', (columns, line) => {
    const shown = progressBar(track, columns);
    expect(shown.replace(/ +/g, ' ')).toBe(line.replace(/ +/g, ' '));
    expect(stringWidth(shown)).toBe(columns - 1);
  });

  it('has nothing where nothing is known', () => {
    const unknown = { ...track, total: undefined, bytesPerSecond: undefined };
    expect(progressBar(unknown, 80).replace(/ +/g, ' ')).toBe('Paper Lantern… 1.23 GB');
  });

  it('counts images', () => {
    const images: BarState = { label: 'x', unit: 'images', value: 2, total: 3, bytesPerSecond: undefined };
    expect(progressBar(images, 60)).toMatch(/^x +██████░░░░ +2\/3$/);
  });

  it('is narrower than the terminal, whatever its model is called', () => {
    const label = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(
        label,
        fc.integer({ min: 1, max: 200 }),
        fc.nat(),
        fc.nat(),
        (name, columns, value, size) => {
          const line = progressBar({ ...track, label: name, value, total: size }, columns);
          expect(stringWidth(line)).toBeLessThan(columns);
        },
      ),
    );
  });
});

describe('the line of a run', () => {
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

describe('a text', () => {
  it('is cut by columns, never within a character', () => {
    expect(truncate('模型模型', 5)).toBe('模型…');
    expect(truncate('模型模型', 4)).toBe('模…');
    expect(truncate('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 3)).toBe('👩‍👩‍👧‍👦…');
    expect(pad('模型', 6)).toBe('模型  ');
    expect(truncate('ab', 0)).toBe('');
  });

  it('takes rows as a terminal wraps it', () => {
    expect(wrappedRows('', 5)).toBe(1);
    expect(wrappedRows('abcde', 5)).toBe(1);
    expect(wrappedRows('abcdef', 5)).toBe(2);
    // A wide character does not fit into the last column.
    expect(wrappedRows('模型模型模', 5)).toBe(3);
  });
});
