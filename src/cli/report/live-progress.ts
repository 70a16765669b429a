import type { DownloadEvent } from '../../download/events.js';
import { stripControlChars } from '../../text.js';
import type { Context } from '../context.js';
import { type LiveMachine, LiveRegion, type Size } from '../terminal/live-region.js';
import { type BarState, progressBar } from '../terminal/progress-bar.js';
import { Speed } from '../terminal/speed.js';
import type { RunTotals } from './totals.js';
import { totalLine } from './totals.js';

/** Rows of a terminal that are left to what is printed. */
const ROWS_FOR_LINES = 6;

type Machine = LiveMachine & Pick<Context, 'now'>;

/** An item that is under way. */
interface Running {
  name: string;
  bytes: { value: number; total: number | undefined; speed: Speed } | undefined;
  images: { value: number; total: number } | undefined;
}

/** The bottom of a terminal during a run: a bar for each transfer, and a line for all of it; lines are printed above. */
export class LiveProgress {
  readonly #machine: Machine;
  readonly #live: LiveRegion;
  readonly #total: (() => RunTotals) | undefined;
  readonly #jobs: number;
  readonly #running = new Map<number, Running>();

  /**
   * @param total of the run; undefined where one item is all of it
   * @param jobs items that are under way at a time; beside them may be some whose turn is next
   */
  constructor(machine: Machine, total: (() => RunTotals) | undefined, jobs = 1) {
    this.#machine = machine;
    this.#live = new LiveRegion(machine, (size) => this.#lines(size));
    this.#total = total;
    this.#jobs = jobs;
  }

  show(event: DownloadEvent): void {
    if (!('item' in event)) return;
    if (event.type === 'finished' && event.isLast) this.#running.delete(event.item);
    else this.#update(event);
    if (this.#lines(this.#live.size).length === 0) this.close();
    else this.#live.open();
  }

  /** Prints a text with its line ends. */
  print(text: string): void {
    this.#live.print(text);
  }

  /** Takes the bars away until the next frame: somebody else is about to print, perhaps to the same terminal. */
  clear(): void {
    this.#live.clear();
  }

  /** Takes the bars away, and leaves the terminal as it was. */
  close(): void {
    this.#running.clear();
    this.#live.close();
  }

  #update(event: Extract<DownloadEvent, { readonly item: number }>): void {
    const running = this.#running.get(event.item) ?? { name: '', bytes: undefined, images: undefined };
    const isAlone = this.#total === undefined;
    switch (event.type) {
      case 'resolved':
        running.name = stripControlChars(`${event.model.name} ${event.version.name}`);
        break;
      case 'file-started':
        if (isAlone) running.name = stripControlChars(event.name);
        running.bytes = { value: 0, total: event.size, speed: new Speed() };
        break;
      case 'file-progress':
        if (running.bytes) Object.assign(running.bytes, { value: event.received, total: event.total });
        running.bytes?.speed.add(event.received, this.#machine.now());
        break;
      case 'file-finished':
        running.bytes = undefined;
        break;
      case 'images-started':
        running.images = { value: 0, total: event.count };
        break;
      case 'image-finished':
        if (running.images) running.images.value++;
        break;
      case 'images-finished':
        running.images = undefined;
        break;
      default:
        if (event.type !== 'started') return;
    }
    this.#running.set(event.item, running);
  }

  #lines({ columns, rows }: Size): readonly string[] {
    // Without another byte, the speed falls.
    for (const { bytes } of this.#running.values()) bytes?.speed.add(bytes.value, this.#machine.now());
    const tracks = [...this.#running.values()]
      .flatMap(trackOf)
      .filter(({ value }, index) => value > 0 || index < this.#jobs);
    const room = Math.max(1, rows - ROWS_FOR_LINES);
    const shown = tracks.slice(0, tracks.length > room ? Math.max(1, room - 1) : room);
    const hidden = tracks.length - shown.length;
    return [
      ...shown.map((track) => progressBar(track, columns)),
      ...(hidden > 0 ? [`and ${hidden} more`.slice(0, columns - 1)] : []),
      ...(this.#total ? [totalLine(this.#total(), columns)] : []),
    ];
  }
}

/** The model file's bar while it is on its way, then that of the images. */
function trackOf({ name, bytes, images }: Running): readonly BarState[] {
  if (bytes) {
    const { value, total, speed } = bytes;
    return [{ label: name, unit: 'bytes', value, total, bytesPerSecond: speed.bytesPerSecond }];
  }
  if (!images) return [];
  const label = `${name === '' ? '' : `${name}, `}images`;
  return [{ label, unit: 'images', ...images, bytesPerSecond: undefined }];
}
