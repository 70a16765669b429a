import stringWidth from 'string-width';
import { formatBytes } from '../../text.js';
import { formatDuration } from './format.js';
import { pad, truncate } from './text-width.js';

/** The state that a progress bar shows. */
export interface BarState {
  /** A text, or a function that fits it to a number of columns. */
  readonly label: string | ((columns: number) => string);
  /** The unit of the values; of items, only the share is shown, and without a unit, only the label. */
  readonly unit: 'bytes' | 'images' | 'items' | 'none';
  readonly value: number;
  /** Undefined or 0 if unknown. */
  readonly total: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  /** Estimated milliseconds until the end. */
  readonly msLeft?: number | undefined;
  /** Whether it shows the whole run, whose time left matters more than a bar. */
  readonly isTotal?: boolean;
}

/** The layout for terminals of at least that many columns; `bar` is the width of the bar itself. */
const LAYOUTS = [
  { columns: 100, bar: 24, figures: ['percent', 'bytes', 'speed', 'left'] },
  { columns: 80, bar: 8, figures: ['percent', 'bytes', 'speed', 'left'] },
  { columns: 56, bar: 10, figures: ['percent', 'speed', 'left'] },
  { columns: 36, bar: 8, figures: ['percent', 'speed'] },
  { columns: 0, bar: 0, figures: ['percent'] },
] as const;
const NARROW_TOTALS = [
  { columns: 40, bar: 0, figures: ['percent', 'speed', 'left'] },
  { columns: 26, bar: 0, figures: ['percent', 'left'] },
  { columns: 0, bar: 0, figures: ['percent'] },
] as const;
const MIN_COLUMNS_OF_TOTAL_BAR = 56;
const WIDTHS = { percent: 5, bytes: 18, speed: 9, left: 12 } as const;
const GAP = '  ';

type Figure = keyof typeof WIDTHS;

/** Formats a bar as one line. It leaves the last column empty, because some terminals wrap a line that fills it. */
export function progressBar(state: BarState, columns: number): string {
  if (state.unit === 'none') return fitLabel(state, columns - 1).trimEnd();
  const layouts = state.isTotal && columns < MIN_COLUMNS_OF_TOTAL_BAR ? NARROW_TOTALS : LAYOUTS;
  const { bar, figures } = layouts.find((layout) => columns >= layout.columns) ?? LAYOUTS[4];
  const right = [
    ...(bar > 0 ? [formatBar(state, bar)] : []),
    ...figures.map((figure) => formatFigure(state, figure).padStart(WIDTHS[figure])),
  ].join(GAP);
  const labelColumns = Math.max(0, columns - 1 - stringWidth(GAP + right));
  return truncate(fitLabel(state, labelColumns) + GAP + right, columns - 1).trimEnd();
}

/** Fits the label to exactly that many columns. */
function fitLabel({ label }: BarState, columns: number): string {
  return pad(typeof label === 'string' ? label : label(columns), columns);
}

function formatBar({ value, total }: BarState, width: number): string {
  if (!total) return ' '.repeat(width);
  const filled = Math.floor(Math.min(1, value / total) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

function formatFigure(state: BarState, figure: Figure): string {
  const { unit, value, total, bytesPerSecond: speed, msLeft } = state;
  if (unit === 'images') return figure === 'percent' ? `${value}/${total}` : '';
  if (unit === 'items' && figure !== 'percent') return '';
  switch (figure) {
    case 'percent':
      return total ? `${Math.floor((value / total) * 100)} %` : '';
    case 'bytes':
      return formatBytes(value) + (total ? ` of ${formatBytes(total)}` : '');
    case 'speed':
      return speed === undefined ? '' : `${formatBytes(Math.max(0, speed))}/s`;
    case 'left':
      return msLeft === undefined ? '' : `${formatDuration(msLeft)} left`;
  }
}
