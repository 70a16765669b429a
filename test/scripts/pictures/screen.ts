import headless from '@xterm/headless';
import stringWidth from 'string-width';
import { GraphemeWidths } from '../../harness/grapheme-widths.js';

/** A part of a line with the same style. */
export interface TextRun {
  readonly column: number;
  readonly text: string;
  /** One of the terminal's first sixteen colors; undefined for plain text. */
  readonly color: number | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
}

export type Line = readonly TextRun[];

const ROWS = 60;

/** Returns what a terminal shows after an output, without empty lines at the end. */
export async function screenOf(output: string, columns: number): Promise<readonly Line[]> {
  const terminal = new headless.Terminal({ cols: columns, rows: ROWS, allowProposedApi: true });
  const widths = new GraphemeWidths();
  terminal.unicode.register(widths);
  terminal.unicode.activeVersion = widths.version;
  await new Promise<void>((resolve) => terminal.write(output, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, row) => piecesOf(active.getLine(row), columns));
  terminal.dispose();
  return lines.slice(0, lines.findLastIndex((line) => line.length > 0) + 1);
}

type BufferLine = ReturnType<headless.IBuffer['getLine']>;

function piecesOf(line: BufferLine, columns: number): Line {
  const parts: TextRun[] = [];
  for (let column = 0; column < columns; column += 1) {
    const cell = line?.getCell(column);
    if (!cell || cell.getWidth() === 0) continue;
    const piece = {
      column,
      text: cell.getChars() || ' ',
      color: cell.isFgPalette() ? cell.getFgColor() % 16 : undefined,
      bold: cell.isBold() !== 0,
      dim: cell.isDim() !== 0,
    };
    const last = parts.at(-1);
    if (last && looksLike(last, piece)) parts[parts.length - 1] = { ...last, text: last.text + piece.text };
    else parts.push(piece);
  }
  const end = parts.findLastIndex(({ text }) => text.trim() !== '') + 1;
  return parts
    .slice(0, end)
    .map((piece, index) => (index === end - 1 ? { ...piece, text: piece.text.trimEnd() } : piece));
}

function looksLike(one: TextRun, other: TextRun): boolean {
  return one.color === other.color && one.bold === other.bold && one.dim === other.dim;
}

/** Returns the text without styles. */
export function textOf(lines: readonly Line[]): string {
  return lines
    .map((line) =>
      line.reduce(
        (text, piece) => text + ' '.repeat(Math.max(0, piece.column - stringWidth(text))) + piece.text,
        '',
      ),
    )
    .join('\n');
}
