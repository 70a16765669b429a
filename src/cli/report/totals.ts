import type { DownloadEvent } from '../../download/events.js';
import { formatBytes } from '../../text.js';
import { count, formatDuration } from '../terminal/format.js';
import { Speed } from '../terminal/speed.js';

/** The progress of a whole run. */
export interface Total {
  readonly items: number;
  /** Items that have ended, with success or without. */
  readonly ended: number;
  readonly failed: number;
  /** Items that have started, but not ended. */
  readonly running: number;
  /** Bytes of model files that this run has received over the network. */
  readonly fetched: number;
  /** Estimated bytes of model files that this run receives until its end. */
  readonly expected: number;
  /** The estimated share of the run that is done, from 0 to 1. */
  readonly share: number;
  readonly bytesPerSecond: number | undefined;
  /** Estimated milliseconds until the end. */
  readonly msLeft: number | undefined;
}

/** Milliseconds over which the speed of a run is measured: so long that it includes pauses and small files. */
const SPEED_WINDOW = 30_000;

/** The bytes of an item that has not ended. */
interface Bytes {
  /** Bytes to fetch; undefined before the item is planned. */
  planned: number | undefined;
  /** Bytes of the current file, with those of earlier runs. */
  received: number;
  /** Bytes of all files of the item that this run has received. */
  fetched: number;
  /** True while the current file is copied from this context. */
  isCopied: boolean;
}

/** Adds up the events of a run. */
export class Totals {
  #items: number;
  readonly #now: () => number;
  readonly #open = new Map<number, Bytes>();
  readonly #running = new Set<number>();
  readonly #speed = new Speed(SPEED_WINDOW);
  #ended = 0;
  #failed = 0;
  #fetched = 0;
  /** The planned items, and the bytes of them all. */
  #plans = { count: 0, bytes: 0 };
  /** Bytes that all items of a run with lists are expected to fetch. */
  #listedBytes: number | undefined;

  constructor(items: number, now: () => number) {
    this.#items = items;
    this.#now = now;
  }

  /** The number of items, which can grow when sources turn out to be several models. */
  get items(): number {
    return this.#items;
  }

  add(event: DownloadEvent): void {
    if (event.type === 'run-planned') {
      this.#items = event.items;
      this.#listedBytes = event.plan.missing.bytes;
    }
    if (!('item' in event)) return;
    const bytes = this.#bytesOf(event.item);
    if (event.type === 'planned') this.#plan(bytes, event.missing);
    if (event.type === 'started') {
      this.#items = event.of;
      this.#running.add(event.item);
    }
    if (event.type === 'file-started') {
      bytes.received = 0;
      bytes.isCopied = event.copied !== undefined;
      this.#speed.add(this.#fetched, this.#now());
    }
    if (event.type === 'file-noticed' && event.notice.type === 'resumed') bytes.received = event.notice.bytes;
    if (event.type === 'file-progress') this.#receive(bytes, event.received);
    if (event.type === 'finished') this.#end(event);
  }

  get current(): Total {
    this.#speed.add(this.#fetched, this.#now());
    const rest = this.#rest();
    const expected = this.#fetched + rest;
    return {
      items: this.#items,
      ended: this.#ended,
      failed: this.#failed,
      running: this.#running.size,
      fetched: this.#fetched,
      expected,
      // Without model files to fetch, the items count.
      share: expected > 0 ? this.#fetched / expected : this.#ended / Math.max(1, this.#items),
      bytesPerSecond: this.#fetched > 0 ? this.#speed.bytesPerSecond : undefined,
      msLeft: this.#speed.msLeft(rest),
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
    // A file that starts over counts again.
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

  /** Estimates the bytes to fetch: an item without a plan counts as its list says, or as much as the average plan. */
  #rest(): number {
    const open = [...this.#open.values()];
    const planned = open.filter((bytes) => bytes.planned !== undefined);
    const unplanned = this.#items - this.#ended - planned.length;
    const average = this.#plans.count > 0 ? this.#plans.bytes / this.#plans.count : 0;
    const known = planned.reduce((sum, bytes) => sum + Math.max(0, (bytes.planned ?? 0) - bytes.fetched), 0);
    if (this.#listedBytes === undefined || unplanned === 0) return known + unplanned * average;
    return known + Math.max(0, this.#listedBytes - this.#plans.bytes);
  }
}

/** Describes how many items of a run have ended; the first description is the longest one. */
export function describeItems({ items, ended, failed }: Total): readonly [string, ...string[]] {
  const models = `${ended} of ${count(items, 'model')}`;
  const short = `${ended}/${items}`;
  return failed > 0
    ? [`${models}, ${failed} failed`, `${short}, ${failed} failed`, short]
    : [models, `${ended} of ${items}`, short];
}

/** Formats the progress of a run as one line of a log. */
export function totalLine(total: Total): string {
  const { items, failed, fetched, expected, share, bytesPerSecond, msLeft } = total;
  const parts = [
    items > 1 && describeItems({ ...total, failed: 0 })[0],
    failed > 0 && `${failed} failed`,
    expected > 0 && `${Math.floor(share * 100)} %`,
    expected > fetched ? `${formatBytes(fetched)} of ${formatBytes(expected)}` : formatBytes(fetched),
    bytesPerSecond !== undefined && `${formatBytes(bytesPerSecond)}/s`,
    msLeft !== undefined && `${formatDuration(msLeft)} left`,
  ];
  return parts.filter(Boolean).join('  ');
}
