import { type GenericFormatter, MultiBar, type Options, type SingleBar } from 'cli-progress';
import { FrameTerminal, type TerminalStream } from './frame-terminal.js';
import { type BarState, progressBar } from './progress-bar.js';

export interface LiveTerminal {
  readonly stderr: TerminalStream;
  /** Runs an action when the process exits, unless the returned function cancels it. */
  readonly atExit: (action: () => void) => () => void;
}

const FRAMES_PER_SECOND = 10;
const DEFAULT_ROWS = 24;
/** Rows that the bars leave for the lines above them. */
const ROWS_ABOVE = 6;

/** Shows progress bars at the bottom of a terminal, and prints lines above them. It opens with the first bar. */
export class LiveRegion {
  readonly #host: LiveTerminal;
  readonly #terminal: FrameTerminal;
  readonly #multibar: MultiBar;
  #hasFooter = false;
  #isCleared = false;
  #isSuspended = false;
  #cancelAtExit = () => {};

  /** @param beforeFrame updates the bars before they are drawn */
  constructor(host: LiveTerminal, beforeFrame: () => void = () => {}) {
    this.#host = host;
    this.#terminal = new FrameTerminal(host.stderr);
    const options = {
      terminal: this.#terminal,
      fps: FRAMES_PER_SECOND,
      // FrameTerminal draws whole frames, so it needs every bar each time.
      forceRedraw: true,
      hideCursor: true,
      // FrameTerminal disables line wrapping, and only while it draws.
      linewrap: true,
      clearOnComplete: true,
      // The command closes the region, also when it is interrupted.
      gracefulExit: false,
    };
    this.#multibar = new MultiBar(options satisfies Options);
    this.#multibar.on('update-pre', beforeFrame);
    this.#multibar.on('redraw-post', () => {
      if (!this.#isSuspended) this.#terminal.draw(this.#arrange(this.#terminal.lines));
    });
  }

  /** Adds a bar. An update of its payload can also set `isHidden`: then it takes no row. */
  addBar({ value, total = 0, ...payload }: BarState): SingleBar {
    return this.#create(value, total, payload, formatBar);
  }

  /** Adds the bar below all others. Add it first, because cli-progress can only append bars. */
  addFooter(total: number, payload: object, format: GenericFormatter): SingleBar {
    this.#hasFooter = true;
    return this.#create(0, total, payload, format);
  }

  removeBar(bar: SingleBar): void {
    this.#multibar.remove(bar);
  }

  /** Prints a line above the bars, with the next frame. */
  print(line: string): void {
    if (this.#multibar.isActive) this.#multibar.log(`${line}\n`);
    else this.#host.stderr.write(`${line}\n`);
  }

  /** Prints the waiting lines, and removes the bars until the next frame: for other output to the terminal. */
  clear(): void {
    if (!this.#multibar.isActive) return;
    this.#isCleared = true;
    this.#multibar.update();
    this.#isCleared = false;
  }

  /** Removes the bars and draws none, until the returned function is called: for a question to the user. */
  suspend(): () => void {
    if (!this.#multibar.isActive) return () => {};
    this.clear();
    this.#isSuspended = true;
    this.#terminal.cursor(true);
    return () => {
      this.#isSuspended = false;
      if (this.#multibar.isActive) this.#terminal.cursor(false);
    };
  }

  /** Removes the bars and shows the cursor. */
  close(): void {
    if (!this.#multibar.isActive) return;
    // stop() would discard the waiting lines.
    this.clear();
    this.#multibar.stop();
    this.#cancelAtExit();
  }

  #create(value: number, total: number, payload: object, format: GenericFormatter): SingleBar {
    if (!this.#multibar.isActive) this.#cancelAtExit = this.#host.atExit(() => this.#terminal.cursor(true));
    return this.#multibar.create(total, value, { ...payload }, { format });
  }

  /** Selects the lines that fit, and moves the footer below them. */
  #arrange(lines: readonly string[]): readonly string[] {
    if (this.#isCleared) return [];
    const footer = lines.slice(0, this.#hasFooter ? 1 : 0);
    const bars = lines.slice(footer.length).filter((line) => line !== '');
    const room = Math.max(1, (this.#host.stderr.rows || DEFAULT_ROWS) - ROWS_ABOVE);
    if (bars.length <= room) return [...bars, ...footer];
    const shown = bars.slice(0, Math.max(1, room - 1));
    const more = `and ${bars.length - shown.length} more`.slice(0, this.#terminal.getWidth() - 1);
    return [...shown, more, ...footer];
  }
}

/** Formats a bar for cli-progress, where a total of 0 means an unknown one. */
const formatBar: GenericFormatter = (_options, { value, total, maxWidth }, { isHidden, ...payload }) =>
  isHidden ? '' : progressBar({ ...payload, value, total }, maxWidth);
