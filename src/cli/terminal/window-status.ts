import type { Capabilities } from './capabilities.js';

const ESC = '\x1b';
const SAVE_TITLE = `${ESC}[22;2t`;
const RESTORE_TITLE = `${ESC}[23;2t`;

/** Shows the progress of a run outside the text: in the title of the window, on its tab, in the task bar. */
export class WindowStatus {
  readonly #title: boolean;
  readonly #progress: boolean;
  #shown: string | undefined;

  constructor({ title, progress }: Pick<Capabilities, 'title' | 'progress'>) {
    this.#title = title;
    this.#progress = progress;
  }

  /**
   * Returns the escape sequences that show a status; empty if it is shown already.
   * @param share from 0 to 1
   */
  update(title: string, share: number): string {
    const percent = Math.floor(share * 100);
    const status = this.#titleSequence(title) + (this.#progress ? osc(`9;4;1;${percent}`) : '');
    if (status === this.#shown) return '';
    const isFirst = this.#shown === undefined;
    this.#shown = status;
    return (isFirst && this.#title ? SAVE_TITLE : '') + status;
  }

  /** Returns the escape sequences that restore the window; empty if nothing was shown. */
  close(): string {
    if (this.#shown === undefined) return '';
    this.#shown = undefined;
    // Terminals that cannot restore a title choose their own one instead of an empty one.
    const title = this.#title ? this.#titleSequence('') + RESTORE_TITLE : '';
    return title + (this.#progress ? osc('9;4;0;0') : '');
  }

  #titleSequence(title: string): string {
    return this.#title ? osc(`2;${title}`) : '';
  }
}

function osc(text: string): string {
  return `${ESC}]${text}${ESC}\\`;
}
