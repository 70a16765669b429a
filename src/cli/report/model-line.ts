import stringWidth from 'string-width';
import type { Style } from '../terminal/style.js';
import { pad, truncate, truncateName, truncateStart } from '../terminal/text-width.js';

/** The parts of the line of a model that has ended, without control characters. */
export interface ModelLine {
  /** One column. */
  readonly sign: string;
  readonly name: string;
  readonly version: string;
  /** The URL of its page, if known. */
  readonly page: string | undefined;
  /** Type and base model. */
  readonly kind: string;
  readonly size: string;
  readonly time: string;
  /** Relative to the root directory; empty to leave it out. */
  readonly path: string;
}

const GAP = '  ';
const SIGN = 2;
const FIGURE = 8;
const MIN_PATH = 24;
const MAX_NAME = 40;

/**
 * The widths for terminals of at least that many columns. Without a width of its own, the name takes what the others
 * leave.
 */
const LAYOUTS = [
  { columns: 112, name: 36, kind: 24, hasFigures: true },
  { columns: 68, name: undefined, kind: 20, hasFigures: true },
  { columns: 36, name: undefined, kind: 0, hasFigures: true },
  { columns: 0, name: undefined, kind: 0, hasFigures: false },
] as const;

/** Formats the line of a model. It leaves the last column empty, because some terminals wrap a line that fills it. */
export function modelLine(line: ModelLine, columns: number, style: Style): string {
  const { name: nameWidth, kind, hasFigures } = layoutOf(columns);
  const room = columns - 1 - SIGN;
  const figures = hasFigures ? GAP + line.size.padStart(FIGURE) + GAP + line.time.padStart(FIGURE) : '';
  const middle = (kind > 0 ? GAP + pad(line.kind, kind) : '') + figures;
  const nameColumns = nameWidth ?? Math.max(0, Math.min(MAX_NAME, room - stringWidth(middle)));
  const name = linkedName(line, nameColumns, style);
  const rest = room - nameColumns - stringWidth(middle) - GAP.length;
  const path = nameWidth !== undefined && rest >= MIN_PATH ? truncateStart(line.path, rest) : '';
  return `${line.sign} ${name}${middle}${path === '' ? '' : GAP + style.dim(path)}`.trimEnd();
}

/** Formats the line of a model of which there is a message instead of figures. */
export function messageLine(
  line: Pick<ModelLine, 'sign' | 'name' | 'version' | 'page'>,
  message: string,
  columns: number,
  style: Style,
): string {
  const room = columns - 1 - SIGN;
  const { name: nameWidth, kind } = layoutOf(columns);
  const hasColumns = kind > 0;
  const besideMessage = Math.max(room - GAP.length - stringWidth(message), Math.floor(room / 3));
  const nameColumns = nameWidth ?? Math.min(MAX_NAME, hasColumns ? Math.floor(room / 2) : besideMessage);
  const full = `${line.name} ${line.version}`.trim();
  const shownColumns = hasColumns ? nameColumns : Math.min(nameColumns, stringWidth(full));
  const name = linkedName(line, shownColumns, style);
  return `${line.sign} ${name}${GAP}${truncate(message, room - shownColumns - GAP.length)}`.trimEnd();
}

function layoutOf(columns: number) {
  return LAYOUTS.find((layout) => columns >= layout.columns) ?? LAYOUTS[3];
}

/** Formats the name and the version in exactly that many columns. */
function linkedName(
  { name, version, page }: Pick<ModelLine, 'name' | 'version' | 'page'>,
  columns: number,
  style: Style,
): string {
  const text = version === '' ? truncate(name, columns) : truncateName(name, version, columns);
  const blanks = ' '.repeat(Math.max(0, columns - stringWidth(text)));
  const isWhole = version !== '' && text.endsWith(` ${version}`);
  const shown = isWhole ? `${style.bold(text.slice(0, -version.length - 1))} ${version}` : style.bold(text);
  return (page === undefined ? shown : style.link(shown, page)) + blanks;
}
