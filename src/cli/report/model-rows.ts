import type { Model, ModelVersion } from '../../civitai/model.js';
import { primaryFile } from '../../civitai/select-files.js';
import { formatBytes, stripControlChars } from '../../text.js';
import { pad, truncate } from '../terminal/text-width.js';
import { downloadCount } from './info-lines.js';

/** A model of a list, with the version to show. */
export interface FoundModel {
  readonly model: Model;
  readonly version: ModelVersion | undefined;
}

interface Column {
  readonly title: string;
  readonly width: number;
  /** Whether the values are figures, to be aligned at their ends. */
  readonly isFigure?: true;
  /** Columns that the terminal needs to show it. */
  readonly from: number;
  readonly textOf: (found: FoundModel) => string;
}

const GAP = '  ';
const MIN_NAME = 12;
const MAX_NAME = 48;

/** The name comes after the first one. */
const COLUMNS: readonly Column[] = [
  { title: 'id', width: 8, isFigure: true, from: 0, textOf: ({ model }) => String(model.id) },
  { title: 'type', width: 16, from: 60, textOf: ({ model }) => model.type },
  { title: 'base model', width: 14, from: 76, textOf: ({ version }) => version?.baseModel ?? '' },
  { title: 'creator', width: 16, from: 112, textOf: ({ model }) => model.creator ?? '' },
  { title: 'downloads', width: 9, isFigure: true, from: 92, textOf: downloadsText },
  { title: 'size', width: 8, isFigure: true, from: 44, textOf: sizeText },
];

/** Formats models as a heading and a row each that fit these columns. */
export function modelRows(
  models: readonly FoundModel[],
  columns: number,
): { readonly heading: string; readonly rows: readonly string[] } {
  const shown = COLUMNS.filter(({ from }) => columns >= from);
  const taken = shown.reduce((sum, { width }) => sum + width + GAP.length, 0);
  const nameWidth = Math.min(MAX_NAME, Math.max(MIN_NAME, columns - taken));
  const line = (name: string, cellOf: (column: Column) => string) => {
    const [first = '', ...others] = shown.map((column) => cell(cellOf(column), column));
    return truncate([first, pad(name, nameWidth), ...others].join(GAP).trimEnd(), columns);
  };
  return {
    heading: line('name', ({ title }) => title),
    rows: models.map((found) =>
      line(stripControlChars(found.model.name), ({ textOf }) => stripControlChars(textOf(found))),
    ),
  };
}

function cell(text: string, { width, isFigure }: Column): string {
  return isFigure ? pad(text, width).trimEnd().padStart(width) : pad(text, width);
}

function downloadsText({ model }: FoundModel): string {
  return downloadCount(model.json)?.toLocaleString('en-US') ?? '';
}

function sizeText({ version }: FoundModel): string {
  const size = primaryFile(version?.files ?? [])?.size;
  return size === undefined ? '' : formatBytes(size);
}
