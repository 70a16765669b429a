import { type Options, SingleBar } from 'cli-progress';
import type { DownloadEvent } from '../../events.js';
import { plainText } from '../../plain-text.js';
import type { Context } from '../context.js';
import { type Track, trackLine } from './bar-lines.js';
import { FrameTerminal } from './frame-terminal.js';
import { Speed } from './speed.js';
import type { Total } from './tally.js';
import { totalLine } from './total-line.js';

/** Rows of a terminal that are left to what is printed. */
const ROWS_FOR_LINES = 6;
const USUAL_ROWS = 24;
const FRAMES_PER_SECOND = 10;

type Machine = Pick<Context, 'stderr' | 'now' | 'atExit'>;

/** An item that is under way. */
interface Running {
  name: string;
  bytes: { value: number; total: number | undefined; speed: Speed } | undefined;
  images: { value: number; total: number } | undefined;
}

/** The bottom of a terminal during a run: a bar for each transfer, and a line for all of it; lines are printed above. */
export class LiveScreen {
  readonly #machine: Machine;
  readonly #terminal: FrameTerminal;
  readonly #total: (() => Total) | undefined;
  readonly #running = new Map<number, Running>();
  #bar: SingleBar | undefined;
  #forget: () => void = () => {};

  /** @param total of the run; undefined where one item is all of it */
  constructor(machine: Machine, total: (() => Total) | undefined) {
    this.#machine = machine;
    this.#terminal = new FrameTerminal(machine.stderr);
    this.#total = total;
  }

  show(event: DownloadEvent): void {
    if (!('item' in event)) return;
    if (event.type === 'finished' && event.isLast) this.#running.delete(event.item);
    else this.#update(event);
    if (this.#lines().length === 0) this.close();
    else this.#open();
  }

  /** Prints a text with its line ends. */
  print(text: string): void {
    if (this.#bar) this.#terminal.printAbove(text);
    else this.#machine.stderr.write(text);
  }

  /** Takes the bars away until the next frame: somebody else is about to print, perhaps to the same terminal. */
  giveWay(): void {
    if (this.#bar) this.#terminal.clearLine();
  }

  /** Takes the bars away, and leaves the terminal as it was. */
  close(): void {
    this.#running.clear();
    this.#bar?.stop();
    this.#bar = undefined;
    this.#forget();
  }

  #update(event: Extract<DownloadEvent, { readonly item: number }>): void {
    const running = this.#running.get(event.item) ?? { name: '', bytes: undefined, images: undefined };
    const isAlone = this.#total === undefined;
    switch (event.type) {
      case 'resolved':
        running.name = plainText(`${event.model.name} ${event.version.name}`);
        break;
      case 'file-started':
        if (isAlone) running.name = plainText(event.name);
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

  #open(): void {
    if (this.#bar) return;
    const options = {
      format: () => this.#lines().join('\n'),
      terminal: this.#terminal,
      forceRedraw: true,
      hideCursor: true,
      clearOnComplete: true,
      // The run takes the bars away itself, also when it is interrupted.
      gracefulExit: false,
      fps: FRAMES_PER_SECOND,
    };
    const restore = this.#machine.atExit(() => this.#terminal.cursor(true));
    this.#forget = () => {
      restore();
      this.#forget = () => {};
    };
    // The bar only keeps the pace: what it draws comes from here.
    this.#bar = new SingleBar(options satisfies Options);
    this.#bar.start(1, 0);
  }

  #lines(): readonly string[] {
    const columns = this.#terminal.getWidth();
    const { rows = USUAL_ROWS } = this.#machine.stderr;
    // Without another byte, the speed falls.
    for (const { bytes } of this.#running.values()) bytes?.speed.add(bytes.value, this.#machine.now());
    const tracks = [...this.#running.values()].flatMap(trackOf);
    const room = Math.max(1, rows - ROWS_FOR_LINES);
    const shown = tracks.slice(0, tracks.length > room ? Math.max(1, room - 1) : room);
    const hidden = tracks.length - shown.length;
    return [
      ...shown.map((track) => trackLine(track, columns)),
      ...(hidden > 0 ? [`and ${hidden} more`.slice(0, columns - 1)] : []),
      ...(this.#total ? [totalLine(this.#total(), columns)] : []),
    ];
  }
}

/** The model file's bar while it is on its way, then that of the images. */
function trackOf({ name, bytes, images }: Running): readonly Track[] {
  if (bytes) {
    const { value, total, speed } = bytes;
    return [{ label: name, unit: 'bytes', value, total, bytesPerSecond: speed.bytesPerSecond }];
  }
  if (!images) return [];
  const label = `${name === '' ? '' : `${name}, `}images`;
  return [{ label, unit: 'images', ...images, bytesPerSecond: undefined }];
}
