import type { SingleBar } from 'cli-progress';
import type { DownloadEvent } from '../../download/events.js';
import { stripControlChars } from '../../text.js';
import type { Capabilities } from '../terminal/capabilities.js';
import { LiveRegion, type LiveTerminal } from '../terminal/live-region.js';
import type { BarState } from '../terminal/progress-bar.js';
import { Speed } from '../terminal/speed.js';
import { fitAny, truncateName } from '../terminal/text-width.js';
import { WindowStatus } from '../terminal/window-status.js';
import { describeCount, formatSource } from './event-lines.js';
import { describeItems, type Total, type Totals } from './totals.js';

export interface LiveProgressContext extends LiveTerminal {
  now(): number;
}

export interface LiveProgressOptions {
  /** Number of items that are downloaded at a time; more can have started. */
  readonly jobs: number;
  readonly totals: Totals;
  readonly capabilities: Pick<Capabilities, 'title' | 'progress'>;
  readonly encode: (text: string) => string;
}

/** The transfers of one item. Its images may arrive while its model file does. */
interface Item {
  name: string;
  version: string;
  file?: { value: number; total: number | undefined; speed: Speed } | undefined;
  images?: { value: number; readonly total: number } | undefined;
  bar?: SingleBar;
}

type ListEvent = Extract<DownloadEvent, { type: 'listing' | 'list-failed' }>;

/** Turns the events of a run into progress bars: one for each item with a transfer, and one for the whole run. */
export class LiveProgress {
  readonly #now: () => number;
  readonly #options: LiveProgressOptions;
  readonly #region: LiveRegion;
  readonly #items = new Map<number, Item>();
  #totalBar: SingleBar | undefined;
  /** The list that is being read. */
  #listing: { state: BarState; readonly bar: SingleBar } | undefined;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(context: LiveProgressContext, options: LiveProgressOptions) {
    const { totals, capabilities, encode } = options;
    this.#now = context.now;
    this.#options = options;
    this.#region = new LiveRegion(context, {
      beforeFrame: () => this.#updateBars(),
      encode,
      window: {
        status: new WindowStatus(capabilities),
        read: () => ({ title: titleOf(totals.current), share: totals.current.share }),
      },
    });
  }

  show(event: DownloadEvent): void {
    if (event.type === 'pausing') this.#pausedUntil = this.#now() + event.seconds * 1000;
    if (event.type === 'listing' || event.type === 'list-failed') this.#showListing(event);
    if (!('item' in event)) return;
    if (!this.#totalBar) this.#showTotal();
    const item: Item = this.#items.get(event.item) ?? { name: '', version: '' };
    this.#items.set(event.item, item);
    this.#update(item, event);
    const state = this.#stateOf(item);
    if (state) item.bar ??= this.#region.addBar(state);
    if (event.type !== 'finished' || !event.isLast) return;
    this.#items.delete(event.item);
    if (item.bar) this.#region.removeBar(item.bar);
  }

  /** Prints a line above the bars. */
  print(line: string): void {
    this.#region.print(line);
  }

  /** Removes the bars until the next frame: for other output to the terminal. */
  clear(): void {
    this.#region.clear();
  }

  /** Removes the bars and draws none, until the returned function is called. */
  suspend(): () => void {
    return this.#region.suspend();
  }

  /** Removes the bars and shows the cursor. */
  close(): void {
    this.#region.close();
    this.#items.clear();
  }

  #update(item: Item, event: DownloadEvent): void {
    switch (event.type) {
      case 'started':
        item.name = formatSource(event.subject);
        break;
      case 'resolved':
        item.name = stripControlChars(event.model.name);
        item.version = stripControlChars(event.version.name);
        break;
      case 'file-started':
        item.file = { value: 0, total: event.size, speed: new Speed() };
        break;
      case 'file-noticed':
        if (event.notice.type === 'resumed') this.#receive(item, event.notice.bytes, item.file?.total, true);
        break;
      case 'file-progress':
        this.#receive(item, event.received, event.total);
        break;
      case 'file-finished':
        item.file = undefined;
        break;
      case 'images-started':
        item.images = { value: 0, total: event.count };
        break;
      case 'image-finished':
        if (item.images) item.images.value++;
        break;
      case 'images-finished':
        item.images = undefined;
    }
  }

  #receive(item: Item, value: number, total: number | undefined, isResumed = false): void {
    if (!item.file) return;
    const { file } = item;
    // Bytes of an earlier run, and those of a file that starts over, have no speed.
    if (isResumed || value < file.value) file.speed = new Speed();
    Object.assign(file, { value, total });
    file.speed.add(value, this.#now());
  }

  #showListing(event: ListEvent): void {
    if (event.type === 'list-failed' || event.isLast) {
      if (this.#listing) this.#region.removeBar(this.#listing.bar);
      this.#listing = undefined;
      return;
    }
    const state = idleState({
      name: `Listing ${formatSource(event.subject)}:`,
      version: describeCount(event.models),
    });
    if (this.#listing) this.#listing.state = state;
    else this.#listing = { state, bar: this.#region.addBar(state) };
  }

  #showTotal(): void {
    const { totals } = this.#options;
    if (totals.items <= 1) return;
    const isMoving = [...this.#items.values()].some((item) => (transferState(item)?.value ?? 0) > 0);
    const isPausing = this.#now() < this.#pausedUntil && !isMoving;
    const state = totalState(totals.current, isPausing);
    this.#totalBar ??= this.#region.addFooter(state);
    this.#totalBar.setTotal(state.total ?? 0);
    this.#totalBar.update(state.value, state);
  }

  #updateBars(): void {
    // Before the lists are read, nobody knows how many items there are.
    if (this.#listing) this.#listing.bar.update(0, this.#listing.state);
    else this.#showTotal();
    let count = 0;
    for (const item of this.#items.values()) {
      // Without new bytes, the speed falls.
      item.file?.speed.add(item.file.value, this.#now());
      const state = this.#stateOf(item);
      if (state) count++;
      // The items beyond the number of jobs wait for their turn, until their first bytes arrive.
      const isHidden = !state || (count > this.#options.jobs && state.value === 0);
      item.bar?.setTotal(state?.total ?? 0);
      item.bar?.update(state?.value ?? 0, { ...state, isHidden });
    }
  }

  #stateOf(item: Item): BarState | undefined {
    // Where nothing else is on the screen, the only item has a row from its start.
    return (
      transferState(item) ??
      (this.#options.totals.items === 1 && item.name !== '' ? idleState(item) : undefined)
    );
  }
}

/** Returns the state of the model file's transfer, and after it that of the images. */
function transferState({ name, version, file, images }: Item): BarState | undefined {
  if (file) {
    const { value, total, speed } = file;
    return {
      label: (columns) => truncateName(name, version, columns),
      unit: 'bytes',
      value,
      total,
      bytesPerSecond: speed.bytesPerSecond,
      msLeft: total === undefined ? undefined : speed.msLeft(total - value),
    };
  }
  if (!images) return undefined;
  const label = (columns: number) => truncateName(name, 'images', columns);
  return { label, unit: 'images', ...images, bytesPerSecond: undefined, msLeft: undefined };
}

function idleState({ name, version }: Item): BarState {
  const label = (columns: number) => truncateName(name, version, columns);
  return { label, unit: 'none', value: 0, total: undefined, bytesPerSecond: undefined, msLeft: undefined };
}

function totalState(total: Total, isPausing: boolean): BarState {
  const { items, ended, fetched, expected, bytesPerSecond, msLeft } = total;
  const texts = describeItems(total);
  const pauses = isPausing ? texts.map((text) => `${text}, pausing`) : [];
  const label = (columns: number) => fitAny([...pauses, ...texts], columns);
  // Without model files to fetch, the items count.
  const isCounted = expected === 0;
  return {
    label,
    unit: isCounted ? 'items' : 'bytes',
    value: isCounted ? ended : fetched,
    total: isCounted ? items : expected,
    bytesPerSecond,
    msLeft,
    isTotal: true,
  };
}

function titleOf(total: Total): string {
  const percent = `civitdl ${Math.floor(total.share * 100)} %`;
  return total.items > 1 ? `${percent}, ${describeItems(total)[0]}` : percent;
}
