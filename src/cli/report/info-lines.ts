import { unavailableReason } from '../../civitai/availability.js';
import { permissionsOf } from '../../civitai/licence.js';
import type { Model, ModelFile, ModelVersion } from '../../civitai/model.js';
import { pageUrl } from '../../civitai/page-url.js';
import { primaryFile } from '../../civitai/select-files.js';
import { trainedWordsOf } from '../../civitai/trained-words.js';
import { formatBytes } from '../../text.js';
import type { Style } from '../terminal/style.js';
import { tableLines } from '../terminal/table.js';

/** A model with the versions to describe. */
export interface ModelInfo {
  readonly model: Model;
  readonly versions: readonly ModelVersion[];
}

interface InfoLayout {
  readonly style: Style;
  /** Of the terminal; undefined for lines of any length. */
  readonly columns: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Row = readonly [label: string, text: string];

/** Formats a model and its versions with their files for a person. */
export function infoLines({ model, versions }: ModelInfo, layout: InfoLayout): readonly string[] {
  const { style, columns } = layout;
  return [
    ...tableLines([[`${model.name} (${model.type})`]], columns).map(style.bold),
    ...tableLines(modelRows(model), columns),
    ...versions.flatMap((version) => ['', ...versionLines(model, version, layout)]),
  ];
}

function modelRows(model: Model): readonly Row[] {
  const permissions = permissionsOf(model.json);
  const uses = (isAllowed: boolean) =>
    permissions.filter((permission) => permission.isAllowed === isAllowed).map(({ use }) => use);
  return withTexts([
    ['page', pageUrl(model)],
    ['creator', model.creator],
    ['base models', [...new Set(model.versions.map(({ baseModel }) => baseModel))].join(', ')],
    ['tags', model.tags.join(', ')],
    ['downloads', downloadCount(model.json)?.toLocaleString('en-US')],
    ['state', model.mode],
    ['allowed', uses(true).join('; ')],
    ['not allowed', uses(false).join('; ')],
  ]);
}

function versionLines(
  model: Model,
  version: ModelVersion,
  { style, columns, now }: InfoLayout,
): readonly string[] {
  const primary = primaryFile(version.files);
  const date = version.publishedAt ?? version.createdAt;
  const rows = withTexts([
    ['source', `${model.id}@${version.id}`],
    ['base model', version.baseModel],
    ['published', date?.slice(0, 10)],
    ['access', accessOf(model, version, now)],
    ['trigger words', trainedWordsOf(version).join(', ')],
  ]);
  return [
    ...tableLines([[version.name]], columns).map(style.bold),
    ...tableLines(rows, columns),
    ...tableLines(
      version.files.map((file) => fileRow(file, file === primary)),
      columns,
    ),
  ];
}

function fileRow(file: ModelFile, isPrimary: boolean): readonly string[] {
  const { id, name, type, format, precision, variant, quantType, size } = file;
  const kind = [type, format, precision, variant, quantType].filter(Boolean).join(', ');
  const notes = [name, scanOf(file), isPrimary ? 'primary' : ''].filter(Boolean);
  return [`file ${id}`, size === undefined ? '' : formatBytes(size), kind, notes.join(', ')];
}

/** Describes who can download a version. */
function accessOf(model: Model, version: ModelVersion, now: number): string {
  return unavailableReason(model, version, now)?.message ?? 'free';
}

/** Describes the scans of a file; undefined if Civitai tells of none. */
function scanOf({ pickleScan, virusScan }: ModelFile): string | undefined {
  const results = [virusScan, pickleScan].filter((result) => result !== undefined);
  if (results.length === 0) return undefined;
  const bad = results.find((result) => result !== 'Success');
  return bad === undefined ? 'scans passed' : `scan: ${bad}`;
}

/** Returns how often a model was downloaded; undefined if its creator hides that. */
export function downloadCount({ stats }: Model['json']): number | undefined {
  const value = typeof stats === 'object' && stats !== null ? Reflect.get(stats, 'downloadCount') : undefined;
  return typeof value === 'number' ? value : undefined;
}

function withTexts(rows: readonly (readonly [string, string | undefined])[]): readonly Row[] {
  return rows.flatMap(([label, text]) => (text ? [[label, text] as const] : []));
}
