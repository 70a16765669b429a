import type { Output } from '../context.js';
import { wrappedRows } from './text-width.js';

const ESC = '\x1b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const NO_WRAP = `${ESC}?7l`;
const WRAP = `${ESC}?7h`;
const CLEAR_BELOW = `${ESC}J`;

/** Columns where the terminal does not tell. */
const USUAL_COLUMNS = 80;

/**
 * The bottom of a terminal as `cli-progress` wants to have it, for a frame of several lines in place of its one: each
 * frame takes the place of the one before, and lines that are printed go above it, all in one write.
 *
 * The cursor rests on an empty row below the frame. So a foreign line does not run into a bar, and when the terminal is
 * made narrower and wraps what is there, the cursor is as many rows below the frame's beginning as the wrapping makes.
 */
export class FrameTerminal {
  readonly #stream: Output & NodeJS.WritableStream;
  #drawn: readonly string[] = [];
  #drawnColumns = 0;
  #above = '';

  constructor(stream: Output & NodeJS.WritableStream) {
    this.#stream = stream;
  }

  /** Text, with its line ends, that goes above the next frame. */
  printAbove(text: string): void {
    this.#above += text;
  }

  /** Draws a frame: lines that are not wider than the terminal, or none. */
  write(frame: string): void {
    const lines = frame === '' ? [] : frame.split('\n');
    const columns = this.getWidth();
    const isSame = columns === this.#drawnColumns && frame === this.#drawn.join('\n');
    if (isSame && this.#above === '') return;
    const below = lines.length > 0 ? [NO_WRAP, ...lines.map((line) => `${line}\n`), WRAP] : [];
    this.#stream.write([this.#erasure(columns), this.#above, ...below].join(''));
    this.#drawn = lines;
    this.#drawnColumns = columns;
    this.#above = '';
  }

  /** Takes the frame away. */
  clearLine(): void {
    this.write('');
  }

  cursor(isShown: boolean): void {
    this.#stream.write(isShown ? SHOW_CURSOR : HIDE_CURSOR);
  }

  isTTY(): boolean {
    return true;
  }

  getWidth(): number {
    return this.#stream.columns || USUAL_COLUMNS;
  }

  // What moves the cursor within a bar of one line has nothing to do here.
  cursorSave(): void {}
  cursorRestore(): void {}
  lineWrapping(): void {}
  cursorTo(): void {}
  clearRight(): void {}
  newline(): void {}

  #erasure(columns: number): string {
    const rows = this.#drawn.reduce((sum, line) => sum + wrappedRows(line, columns), 0);
    return rows > 0 ? `\r${ESC}${rows}A${CLEAR_BELOW}` : '';
  }
}
