import xterm from '@xterm/headless';
import { GraphemeWidths } from './grapheme-widths.js';

/** An emulated terminal, to check what a user sees. */
export class Screen {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  #written: Promise<void> = Promise.resolve();

  constructor(columns: number, rows: number) {
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: 10_000,
      allowProposedApi: true,
      convertEol: true,
    });
    const widths = new GraphemeWidths();
    this.#terminal.unicode.register(widths);
    this.#terminal.unicode.activeVersion = widths.version;
  }

  write(data: string): void {
    const done = new Promise<void>((resolve) => this.#terminal.write(data, resolve));
    this.#written = this.#written.then(() => done);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** Returns the texts of all lines before they were wrapped, without empty ones at the end. */
  async text(): Promise<readonly string[]> {
    const texts: string[] = [];
    for (const { text, isWrapped } of await this.lines()) {
      if (isWrapped) texts.push((texts.pop() ?? '') + text);
      else texts.push(text);
    }
    while (texts.at(-1) === '') texts.pop();
    return texts;
  }

  /** Returns all lines, including those that have scrolled away, without trailing spaces. */
  async lines(): Promise<readonly Line[]> {
    await this.#written;
    const { buffer } = this.#terminal;
    const lines = Array.from({ length: buffer.active.length }, (_, index) => buffer.active.getLine(index));
    return lines.map((line) => ({
      text: line?.translateToString(true) ?? '',
      isWrapped: line?.isWrapped ?? false,
    }));
  }
}

/** A row of a screen. */
export interface Line {
  readonly text: string;
  /** Whether it continues the row before. */
  readonly isWrapped: boolean;
}
