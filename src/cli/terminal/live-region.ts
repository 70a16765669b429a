import { type Options, SingleBar } from 'cli-progress';
import type { Context } from '../context.js';
import { FrameTerminal } from './frame-terminal.js';

const FRAMES_PER_SECOND = 10;
const USUAL_ROWS = 24;

/** What the lines need of the machine. */
export type LiveMachine = Pick<Context, 'stderr' | 'atExit'>;

/** Columns and rows of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Lines at the bottom of a terminal that are drawn anew several times a second, and give way to what is printed. */
export class LiveRegion {
  readonly #machine: LiveMachine;
  readonly #terminal: FrameTerminal;
  readonly #lines: (size: Size) => readonly string[];
  #bar: SingleBar | undefined;
  #forget: () => void = () => {};

  /** @param lines what to draw now, each shorter than the terminal is wide */
  constructor(machine: LiveMachine, lines: (size: Size) => readonly string[]) {
    this.#machine = machine;
    this.#terminal = new FrameTerminal(machine.stderr);
    this.#lines = lines;
  }

  /** Columns and rows of the terminal now. */
  get size(): Size {
    return { columns: this.#terminal.getWidth(), rows: this.#machine.stderr.rows || USUAL_ROWS };
  }

  /** Begins to draw, unless it does already. */
  open(): void {
    if (this.#bar) return;
    const options = {
      format: () => this.#lines(this.size).join('\n'),
      terminal: this.#terminal,
      forceRedraw: true,
      hideCursor: true,
      clearOnComplete: true,
      // The run takes the lines away itself, also when it is interrupted.
      gracefulExit: false,
      fps: FRAMES_PER_SECOND,
    };
    this.#forget = this.#machine.atExit(() => this.#terminal.cursor(true));
    // The bar only keeps the pace: what it draws comes from here.
    this.#bar = new SingleBar(options satisfies Options);
    this.#bar.start(1, 0);
  }

  /** Prints a text with its line ends. */
  print(text: string): void {
    if (this.#bar) this.#terminal.printAbove(text);
    else this.#machine.stderr.write(text);
  }

  /** Takes the lines away until the next frame: somebody else is about to print, perhaps to the same terminal. */
  clear(): void {
    if (this.#bar) this.#terminal.clearLine();
  }

  /** Takes the lines away, and leaves the terminal as it was. */
  close(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#forget();
    this.#forget = () => {};
  }
}
