import type { GenericFormatter, SingleBar } from 'cli-progress';
import type { DownloadEvent } from '../../download/events.js';
import { stripControlChars } from '../../text.js';
import { LiveRegion, type LiveTerminal } from '../terminal/live-region.js';
import type { BarState } from '../terminal/progress-bar.js';
import { Speed } from '../terminal/speed.js';
import { type Totals, totalLine } from './totals.js';

export interface LiveProgressContext extends LiveTerminal {
  now(): number;
}

/** The transfers of one item. Its images may arrive while its model file does. */
interface Item {
  name: string;
  file?: { value: number; total: number | undefined; readonly speed: Speed } | undefined;
  images?: { value: number; readonly total: number } | undefined;
  bar?: SingleBar;
}

/** Turns the events of a run into progress bars: one for each item with a transfer, and one for the whole run. */
export class LiveProgress {
  readonly #now: () => number;
  readonly #jobs: number;
  readonly #totals: Totals | undefined;
  readonly #region: LiveRegion;
  readonly #items = new Map<number, Item>();
  #totalBar: SingleBar | undefined;

  /**
   * @param jobs number of items that are downloaded at a time; more can have started
   * @param totals of a run of several items
   */
  constructor(context: LiveProgressContext, jobs: number, totals?: Totals) {
    this.#now = context.now;
    this.#jobs = jobs;
    this.#totals = totals;
    this.#region = new LiveRegion(context, () => this.#updateBars());
  }

  show(event: DownloadEvent): void {
    if (!('item' in event)) return;
    if (!this.#totalBar) this.#showTotal();
    const item: Item = this.#items.get(event.item) ?? { name: '' };
    this.#items.set(event.item, item);
    this.#update(item, event);
    const state = barStateOf(item);
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
      case 'resolved':
        item.name = stripControlChars(`${event.model.name} ${event.version.name}`);
        break;
      case 'file-started':
        if (!this.#totals) item.name = stripControlChars(event.name);
        item.file = { value: 0, total: event.size, speed: new Speed() };
        break;
      case 'file-progress':
        if (item.file) Object.assign(item.file, { value: event.received, total: event.total });
        item.file?.speed.add(event.received, this.#now());
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

  #showTotal(): void {
    const total = this.#totals?.current;
    if (!total) return;
    this.#totalBar ??= this.#region.addFooter(total.items, total, formatTotal);
    this.#totalBar.update(total.ended, total);
  }

  #updateBars(): void {
    this.#showTotal();
    let count = 0;
    for (const item of this.#items.values()) {
      // Without new bytes, the speed falls.
      item.file?.speed.add(item.file.value, this.#now());
      const state = barStateOf(item);
      if (state) count++;
      // The items beyond the number of jobs wait for their turn, until their first bytes arrive.
      const isHidden = !state || (count > this.#jobs && state.value === 0);
      item.bar?.setTotal(state?.total ?? 0);
      item.bar?.update(state?.value ?? 0, { ...state, isHidden });
    }
  }
}

const formatTotal: GenericFormatter = (_options, { maxWidth }, total) => totalLine(total, maxWidth);

/** Returns the state of the model file's transfer, and after it that of the images. */
function barStateOf({ name, file, images }: Item): BarState | undefined {
  if (file) {
    const { value, total, speed } = file;
    return { label: name, unit: 'bytes', value, total, bytesPerSecond: speed.bytesPerSecond };
  }
  if (!images) return undefined;
  const label = name === '' ? 'images' : `${name}, images`;
  return { label, unit: 'images', ...images, bytesPerSecond: undefined };
}
