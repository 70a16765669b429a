import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type BarState, progressBar } from '../../../src/cli/terminal/progress-bar.js';

const state: BarState = {
  label: 'Paper Lantern Ink v2',
  unit: 'bytes',
  value: 1_234_567_890,
  total: 2_132_625_894,
  bytesPerSecond: 35_200_000,
  msLeft: 25_500,
};

describe('a progress bar', () => {
  it.each([
    [
      100,
      'Paper Lantern Ink v2         █████████████░░░░░░░░░░░     57 %  1.23 GB of 2.13 GB  35.2 MB/s     26 s left',
    ],
    [80, 'Paper Lantern In…  ████░░░░   57 %  1.23 GB of 2.13 GB  35.2 MB/s     26 s left'],
    [60, 'Paper Lantern…  █████░░░░░   57 %  35.2 MB/s     26 s left'],
    [40, 'Paper Lant…  ████░░░░   57 %  35.2 MB/s'],
    [20, 'Paper Lante…   57 %'],
  ])('on %i columns leaves out what there is no room for', (columns, line) => {
    const shown = progressBar(state, columns);
    expect(shown.replace(/ +/g, ' ')).toBe(line.replace(/ +/g, ' '));
    expect(stringWidth(shown)).toBe(columns - 1);
  });

  it('has nothing where nothing is known', () => {
    const unknown = { ...state, total: undefined, bytesPerSecond: undefined, msLeft: undefined };
    expect(progressBar(unknown, 80).replace(/ +/g, ' ')).toBe('Paper Lantern In… 1.23 GB');
  });

  it.each([
    [80, 'Paper Lantern In… ████░░░░ 57 % 1.23 GB of 2.13 GB 35.2 MB/s 26 s left'],
    [40, 'Paper… 57 % 35.2 MB/s 26 s left'],
    [30, 'Paper L… 57 % 26 s left'],
    [20, 'Paper Lante… 57 %'],
  ])('of the whole run keeps the time left rather than the bar, on %i columns', (columns, line) => {
    const shown = progressBar({ ...state, isTotal: true }, columns);
    expect(shown.replace(/ +/g, ' ')).toBe(line);
    expect(stringWidth(shown)).toBe(columns - 1);
  });

  it('fits its label itself if it can', () => {
    const label = (columns: number) => (columns > 20 ? 'a long label' : 'short');
    expect(progressBar({ ...state, label }, 100)).toMatch(/^a long label {2}/);
    expect(progressBar({ ...state, label }, 40)).toMatch(/^short {2}/);
  });

  it('is its label alone before there is something to measure', () => {
    const idle = { ...state, unit: 'none', value: 0, total: undefined } as const;
    expect(progressBar(idle, 80)).toBe(state.label);
    expect(progressBar(idle, 18)).toBe('Paper Lantern In…');
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
          const line = progressBar({ ...state, label: name, value, total: size }, columns);
          expect(stringWidth(line)).toBeLessThan(columns);
        },
      ),
    );
  });
});
