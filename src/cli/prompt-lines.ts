import type { Context } from './context.js';
import { inPrompt } from './prompt.js';
import { onAlternateScreen } from './terminal/alternate-screen.js';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** Columns of the cursor and the mark before a line, and the last one, which stays empty. */
const MARK_COLUMNS = 4;
/** Rows that a list to choose from needs at least, and those around it. */
const MIN_PAGE = 3;
const PROMPT_ROWS = 5;

/**
 * Asks on a terminal which lines to take.
 * @param linesOf formats them for a number of columns, also after the terminal was resized
 * @returns their positions, in order; empty if none
 * @throws InterruptedError
 */
export async function promptLines(
  message: string,
  linesOf: (columns: number) => readonly string[],
  context: Context,
): Promise<readonly number[]> {
  const { default: checkbox } = await import('@inquirer/checkbox');
  const { stdin, stderr } = context;
  const lines = linesWithWidth(linesOf, stderr);
  const choices = lines().map((_, value) => ({ name: liveText(() => lines()[value] ?? ''), value }));
  const config = {
    message,
    choices,
    loop: false,
    get pageSize() {
      return Math.max(MIN_PAGE, (stderr.rows ?? DEFAULT_ROWS) - PROMPT_ROWS);
    },
  };
  const redraw = () => {
    // The prompt draws itself when its state changes. Marked and unmarked, a line is as before.
    for (let time = 0; time < 2; time++) stdin.emit('keypress', undefined, { name: 'space' });
  };
  return onAlternateScreen(context, redraw, () => inPrompt(context, (io) => checkbox(config, io)));
}

/** Returns a function that formats the lines for the current width, once for each. */
function linesWithWidth(
  linesOf: (columns: number) => readonly string[],
  terminal: { readonly columns?: number | undefined },
): () => readonly string[] {
  let width: number | undefined;
  let lines: readonly string[] = [];
  return () => {
    const { columns = DEFAULT_COLUMNS } = terminal;
    if (columns !== width) lines = linesOf(columns - MARK_COLUMNS);
    width = columns;
    return lines;
  };
}

/** The prompt takes the name of a choice once, but puts it into a template each time it draws. */
function liveText(read: () => string): string {
  return { toString: read } as unknown as string;
}
