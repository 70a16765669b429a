import { type Options, SingleBar } from 'cli-progress';
import type { Output } from '../context.js';
import { formatBytes, formatDuration } from './format.js';
import { Speed } from './speed.js';

/** What a bar counts. */
export type BarUnit = 'bytes' | 'images';

/** Columns of the bar alone, on a wide and on a narrow terminal. */
const WIDE_BAR = 24;
const NARROW_BAR = 10;
/** Columns that the figures take at most, with the blanks around them. */
const FIGURES = 55;

/** One line at the bottom of a terminal that shows how far a transfer is, and gives way to lines that are printed. */
export class LiveBar {
  readonly #stream: Output & NodeJS.WritableStream;
  readonly #now: () => number;
  #bar: SingleBar | undefined;
  #unit: BarUnit = 'bytes';
  #label = '';
  #value = 0;
  #total: number | undefined;
  #speed = new Speed();

  constructor(stream: Output & NodeJS.WritableStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  start(label: string, total: number | undefined, unit: BarUnit): void {
    this.stop();
    this.#label = label;
    this.#unit = unit;
    this.#value = 0;
    this.#total = total;
    this.#speed = new Speed();
    this.#draw();
  }

  update(value: number, total: number | undefined): void {
    this.#value = value;
    this.#total = total;
    this.#speed.add(value, this.#now());
  }

  advance(): void {
    this.update(this.#value + 1, this.#total);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  /** Lets lines be printed above the bar. */
  giveWay(print: () => void): void {
    const isShown = this.#bar !== undefined;
    this.stop();
    print();
    if (isShown) this.#draw();
  }

  #draw(): void {
    const options: Options = {
      stream: this.#stream,
      format: () => this.#line(),
      clearOnComplete: true,
      hideCursor: true,
      fps: 10,
    };
    this.#bar = new SingleBar(options);
    // The bar only keeps the pace: what it draws comes from here.
    this.#bar.start(1, 0);
  }

  #line(): string {
    const columns = this.#stream.columns ?? 80;
    const figures = this.#unit === 'bytes' ? this.#byteFigures() : `${this.#value}/${this.#total}`;
    const width = columns < WIDE_BAR + FIGURES ? NARROW_BAR : WIDE_BAR;
    const room = columns - width - FIGURES;
    const label = room > 10 ? `${this.#label.slice(0, room)} ` : '';
    return `  ${label}${this.#meter(width)} ${figures}`.slice(0, columns - 1);
  }

  #meter(width: number): string {
    if (!this.#total) return '';
    const filled = Math.floor((Math.min(this.#value, this.#total) / this.#total) * width);
    return '█'.repeat(filled) + '░'.repeat(width - filled);
  }

  #byteFigures(): string {
    const speed = this.#speed.bytesPerSecond;
    const rest = this.#total && speed ? ((this.#total - this.#value) / speed) * 1000 : undefined;
    return [
      this.#total && `${Math.floor((this.#value / this.#total) * 100)} %`,
      `${formatBytes(this.#value)}${this.#total ? ` of ${formatBytes(this.#total)}` : ''}`,
      speed !== undefined && `${formatBytes(speed)}/s`,
      rest !== undefined && `${formatDuration(rest)} left`,
    ]
      .filter(Boolean)
      .join('  ');
  }
}
