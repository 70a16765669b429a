import { type GenericFormatter, MultiBar, type Options, type SingleBar } from 'cli-progress';
import { FrameTerminal, type TerminalStream } from './frame-terminal.js';
import { type BarState, progressBar } from './progress-bar.js';
import type { WindowStatus } from './window-status.js';

export interface LiveTerminal {
  readonly stderr: TerminalStream;
  /** Runs an action when the process exits, unless the returned function cancels it. */
  readonly atExit: (action: () => void) => () => void;
}

export interface LiveRegionOptions {
  /** Updates the bars before they are drawn. */
  readonly beforeFrame?: () => void;
  /** Replaces the characters that the terminal lacks by others of the same width. */
  readonly encode?: (text: string) => string;
  /** The title of the window, and the share of the work that is done. */
  readonly window?: {
    readonly status: WindowStatus;
    readonly read: () => { readonly title: string; readonly share: number };
  };
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
  readonly #options: LiveRegionOptions;
  #hasFooter = false;
  #isCleared = false;
  #isSuspended = false;
  #cancelAtExit = () => {};

  constructor(host: LiveTerminal, options: LiveRegionOptions = {}) {
    this.#host = host;
    this.#options = options;
    this.#terminal = new FrameTerminal(host.stderr);
    const barOptions = {
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
    this.#multibar = new MultiBar(barOptions satisfies Options);
    this.#multibar.on('update-pre', options.beforeFrame ?? (() => {}));
    this.#multibar.on('redraw-post', () => this.#draw());
  }

  /** Adds a bar. An update of its payload can also set `isHidden`: then it takes no row. */
  addBar({ value, total = 0, ...payload }: BarState): SingleBar {
    if (!this.#multibar.isActive) this.#cancelAtExit = this.#host.atExit(() => this.#restore());
    return this.#multibar.create(total, value, payload, { format: formatBar });
  }

  /** Adds the bar below all others. Add it first, because cli-progress can only append bars. */
  addFooter(state: BarState): SingleBar {
    this.#hasFooter = true;
    return this.addBar(state);
  }

  removeBar(bar: SingleBar): void {
    this.#multibar.remove(bar);
  }

  /** Prints a line above the bars, with the next frame. */
  print(line: string): void {
    const text = `${this.#encode(line)}\n`;
    if (this.#multibar.isActive) this.#multibar.log(text);
    else this.#host.stderr.write(text);
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
    this.#closeWindow();
    this.#cancelAtExit();
  }

  #restore(): void {
    this.#terminal.cursor(true);
    this.#closeWindow();
  }

  #draw(): void {
    if (this.#isSuspended) return;
    const { window } = this.#options;
    const lines = this.#arrange(this.#terminal.lines).map((line) => this.#encode(line));
    const current = this.#isCleared ? undefined : window?.read();
    this.#terminal.draw(lines, current && window?.status.update(current.title, current.share));
  }

  #encode(text: string): string {
    return this.#options.encode?.(text) ?? text;
  }

  #closeWindow(): void {
    const text = this.#options.window?.status.close() ?? '';
    if (text !== '') this.#host.stderr.write(text);
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
