import stringWidth from 'string-width';
import { formatBytes } from '../../format-bytes.js';
import { count, formatDuration } from '../terminal/format.js';
import { truncate } from '../terminal/text-width.js';
import type { RunTotals } from './totals.js';

/**
 * How far a whole run is, in one line. What there is no room for is left out.
 * @param columns of the terminal; Infinity where nothing has to fit
 */
export function totalLine(total: RunTotals, columns: number): string {
  const { items, ended, failed, fetched, bytesPerSecond, left } = total;
  const parts = [
    { text: items > 1 && `${ended} of ${count(items, 'model')}`, worth: 5 },
    { text: failed > 0 && `${failed} failed`, worth: 4 },
    { text: formatBytes(fetched), worth: 1 },
    { text: bytesPerSecond !== undefined && `${formatBytes(bytesPerSecond)}/s`, worth: 2 },
    { text: left !== undefined && `${formatDuration(left)} left`, worth: 3 },
  ].filter(({ text }) => text !== false);
  const lineOf = (least: number) =>
    parts
      .filter(({ worth }) => worth >= least)
      .map(({ text }) => text)
      .join('  ');
  const least = [1, 2, 3, 4].find((worth) => stringWidth(lineOf(worth)) < columns) ?? 5;
  return truncate(lineOf(least), columns - 1);
}
