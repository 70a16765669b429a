import stringWidth from 'string-width';
import { formatBytes } from '../../text.js';
import { formatDuration } from './format.js';
import { pad, truncate } from './text-width.js';

/** How far one item is that is under way. */
export interface BarState {
  readonly label: string;
  readonly unit: 'bytes' | 'images';
  readonly value: number;
  readonly total: number | undefined;
  readonly bytesPerSecond: number | undefined;
}

/** What a line has beside its label on a terminal of at least so many columns; widths are columns. */
const LAYOUTS = [
  { columns: 100, meter: 24, figures: ['share', 'bytes', 'speed', 'left'] },
  { columns: 80, meter: 10, figures: ['share', 'bytes', 'speed', 'left'] },
  { columns: 56, meter: 10, figures: ['share', 'speed', 'left'] },
  { columns: 36, meter: 8, figures: ['share', 'speed'] },
  { columns: 0, meter: 0, figures: ['share'] },
] as const;
const WIDTHS = { share: 5, bytes: 18, speed: 9, left: 12 } as const;
const GAP = 2;

type Figure = keyof typeof WIDTHS;

/** One line for an item that is under way; it never fills the last column, where some terminals would wrap. */
export function progressBar(track: BarState, columns: number): string {
  const { meter, figures } = LAYOUTS.find((layout) => columns >= layout.columns) ?? LAYOUTS[4];
  const right = [
    ...(meter > 0 ? [meterOf(track, meter)] : []),
    ...figures.map((figure) => figureOf(track, figure).padStart(WIDTHS[figure])),
  ].join(' '.repeat(GAP));
  const room = columns - 1 - stringWidth(right) - GAP;
  return truncate(`${pad(track.label, Math.max(room, 0))}${' '.repeat(GAP)}${right}`, columns - 1).trimEnd();
}

function meterOf({ value, total }: BarState, width: number): string {
  if (!total) return ' '.repeat(width);
  const filled = Math.floor(Math.min(1, value / total) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

function figureOf(track: BarState, figure: Figure): string {
  const { value, total, bytesPerSecond: speed } = track;
  if (track.unit === 'images') return figure === 'share' ? `${value}/${total}` : '';
  switch (figure) {
    case 'share':
      return total ? `${Math.floor((value / total) * 100)} %` : '';
    case 'bytes':
      return `${formatBytes(value)}${total ? ` of ${formatBytes(total)}` : ''}`;
    case 'speed':
      return speed === undefined ? '' : `${formatBytes(speed)}/s`;
    case 'left':
      return total && speed ? `${formatDuration(((total - value) / speed) * 1000)} left` : '';
  }
}
