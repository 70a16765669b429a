import { wrappedRows } from './text-width.js';

/** A stream to a terminal. */
export interface TerminalStream {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

const ESC = '\x1b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const NO_WRAP = `${ESC}?7l`;
const WRAP = `${ESC}?7h`;
const CLEAR_BELOW = `${ESC}J`;
/** Terminals that know it show the frame at once, without flicker; others ignore it. */
const BEGIN_UPDATE = `${ESC}?2026h`;
const END_UPDATE = `${ESC}?2026l`;

const DEFAULT_COLUMNS = 80;

/** Keeps a fitted line on one row also where a terminal gives an emoji more columns than others do. */
export function unwrapped(line: string): string {
  return NO_WRAP + line + WRAP;
}

/**
 * The `terminal` of a `MultiBar`. It collects the lines of all bars, and draws them with the lines above them in one
 * write. It replaces the terminal of cli-progress, which
 * - expects each bar to stay on one row: if the terminal gets narrower and wraps the bars, their remains stay on screen,
 * - disables line wrapping also for the lines above the bars, and so cuts them off,
 * - or else cuts the bars itself, by characters, although CJK characters and emoji take two columns,
 * - draws every bar, even if the terminal has fewer rows, and
 * - writes each bar in pieces, so that other output can come between them.
 *
 * The cursor stays on an empty row below the bars. So other output never continues a bar, and after the terminal has
 * wrapped them, the number of rows up to the first bar can still be computed.
 */
export class FrameTerminal {
  /** The lines of the bars in the current frame. */
  lines: string[] = [];
  readonly #stream: TerminalStream;
  #above = '';
  #drawn: readonly string[] = [];
  #drawnColumns = 0;

  constructor(stream: TerminalStream) {
    this.#stream = stream;
  }

  /** Starts a frame. */
  cursorRelativeReset(): void {
    this.lines = [];
  }

  /** Adds a bar to the frame, or a logged text above the bars. */
  write(text: string, isLogged = false): void {
    if (isLogged) this.#above += text;
    else this.lines.push(text);
  }

  /**
   * Replaces the lines of the previous frame. Each line must be narrower than the terminal.
   * @param status escape sequences that do not change the text
   */
  draw(lines: readonly string[], status = ''): void {
    const columns = this.getWidth();
    const isSame = columns === this.#drawnColumns && lines.join('\n') === this.#drawn.join('\n');
    if (isSame && this.#above === '') {
      if (status !== '') this.#stream.write(status);
      return;
    }
    const frame = lines.length > 0 ? `${NO_WRAP}${lines.join('\n')}\n${WRAP}` : '';
    const update = this.#erasePrevious(columns) + this.#above + frame;
    this.#stream.write(BEGIN_UPDATE + update + END_UPDATE + status);
    this.#drawn = lines;
    this.#drawnColumns = columns;
    this.#above = '';
  }

  cursor(isShown: boolean): void {
    this.#stream.write(isShown ? SHOW_CURSOR : HIDE_CURSOR);
  }

  isTTY(): boolean {
    return true;
  }

  getWidth(): number {
    return this.#stream.columns || DEFAULT_COLUMNS;
  }

  // cli-progress calls these between the bars. They have nothing to do, because draw() places the bars.
  cursorTo(): void {}
  newline(): void {}
  clearLine(): void {}
  clearRight(): void {}
  clearBottom(): void {}

  #erasePrevious(columns: number): string {
    const rows = this.#drawn.reduce((sum, line) => sum + wrappedRows(line, columns), 0);
    return rows > 0 ? `\r${ESC}${rows}A${CLEAR_BELOW}` : '';
  }
}
