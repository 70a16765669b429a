import stringWidth from 'string-width';
import type { DownloadEvent } from '../../download/events.js';
import { formatBytes } from '../../text.js';
import { count, formatDuration } from '../terminal/format.js';
import { Speed } from '../terminal/speed.js';
import { truncate } from '../terminal/text-width.js';

/** How far a run is. */
export interface RunTotals {
  readonly items: number;
  /** Items that have ended, whichever way. */
  readonly ended: number;
  readonly failed: number;
  /** Items that are under way. */
  readonly running: number;
  /** Bytes of model files that were fetched in this run. */
  readonly fetched: number;
  readonly bytesPerSecond: number | undefined;
  /** Milliseconds that the rest will take, as far as that can be guessed. */
  readonly left: number | undefined;
}

/** Milliseconds that the speed of a run looks back: pauses and small files count. */
const WINDOW = 30_000;

/** What is known of the bytes of an item that has not ended. */
interface Bytes {
  /** To be fetched, as planned; undefined where there is no plan yet. */
  planned: number | undefined;
  /** There of the file that is under way. */
  received: number;
  /** Of all of the item's files, in this run. */
  fetched: number;
  /** Whether nothing is fetched, but copied on this machine. */
  isCopied: boolean;
}

/** Counts what happens in a run. */
export class Totals {
  readonly #items: number;
  readonly #now: () => number;
  readonly #open = new Map<number, Bytes>();
  readonly #running = new Set<number>();
  readonly #speed = new Speed(WINDOW);
  #ended = 0;
  #failed = 0;
  #fetched = 0;
  /** Of all items that were planned so far. */
  #plans = { count: 0, bytes: 0 };

  constructor(items: number, now: () => number) {
    this.#items = items;
    this.#now = now;
    this.#speed.add(0, now());
  }

  add(event: DownloadEvent): void {
    if (!('item' in event)) return;
    const bytes = this.#bytesOf(event.item);
    if (event.type === 'planned') this.#plan(bytes, event.missing);
    if (event.type === 'started') this.#running.add(event.item);
    if (event.type === 'file-started') {
      bytes.received = 0;
      bytes.isCopied = event.copied !== undefined;
    }
    if (event.type === 'file-noticed' && event.notice.type === 'resumed') bytes.received = event.notice.bytes;
    if (event.type === 'file-progress') this.#receive(bytes, event.received);
    if (event.type === 'finished') this.#end(event);
  }

  get current(): RunTotals {
    this.#speed.add(this.#fetched, this.#now());
    const bytesPerSecond = this.#fetched > 0 ? this.#speed.bytesPerSecond : undefined;
    const rest = this.#rest();
    return {
      items: this.#items,
      ended: this.#ended,
      failed: this.#failed,
      running: this.#running.size,
      fetched: this.#fetched,
      bytesPerSecond,
      left: rest && bytesPerSecond ? (rest / bytesPerSecond) * 1000 : undefined,
    };
  }

  #bytesOf(item: number): Bytes {
    const known = this.#open.get(item) ?? { planned: undefined, received: 0, fetched: 0, isCopied: false };
    this.#open.set(item, known);
    return known;
  }

  #plan(bytes: Bytes, missing: number): void {
    if (bytes.planned === undefined) this.#plans.count++;
    this.#plans.bytes += missing;
    bytes.planned = (bytes.planned ?? 0) + missing;
  }

  #receive(bytes: Bytes, received: number): void {
    // What is begun anew counts again.
    const more = bytes.isCopied ? 0 : Math.max(0, received - bytes.received);
    bytes.received = received;
    bytes.fetched += more;
    this.#fetched += more;
    this.#speed.add(this.#fetched, this.#now());
  }

  #end({ item, outcome, isLast }: Extract<DownloadEvent, { type: 'finished' }>): void {
    if (outcome.status === 'failed') this.#failed++;
    if (!isLast) return;
    this.#open.delete(item);
    this.#running.delete(item);
    this.#ended++;
  }

  /** Bytes that are still to be fetched: those planned, and a guess of those that are not planned yet. */
  #rest(): number {
    const open = [...this.#open.values()];
    const planned = open.filter((bytes) => bytes.planned !== undefined);
    const unplanned = this.#items - this.#ended - planned.length;
    const average = this.#plans.count > 0 ? this.#plans.bytes / this.#plans.count : 0;
    const known = planned.reduce((sum, bytes) => sum + Math.max(0, (bytes.planned ?? 0) - bytes.fetched), 0);
    return known + unplanned * average;
  }
}

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
