import xterm from '@xterm/headless';

/** An emulated terminal: what a person sees after all that was written to it. */
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
  }

  write(data: string): void {
    const done = new Promise<void>((resolve) => this.#terminal.write(data, resolve));
    this.#written = this.#written.then(() => done);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** The texts of all lines, as they were before they were wrapped; without empty ones at the end. */
  async text(): Promise<readonly string[]> {
    const texts: string[] = [];
    for (const { text, isWrapped } of await this.lines()) {
      if (isWrapped) texts.push((texts.pop() ?? '') + text);
      else texts.push(text);
    }
    while (texts.at(-1) === '') texts.pop();
    return texts;
  }

  /** All lines from the beginning, those that have scrolled away too, without blanks at their ends. */
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

/** One row of a screen. */
export interface Line {
  readonly text: string;
  /** Whether it goes on with what the row before had no room for. */
  readonly isWrapped: boolean;
}
