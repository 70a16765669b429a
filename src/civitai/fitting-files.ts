import { ANY, nameKey } from '../options/civitai-names.js';
import type { ModelFile } from './model.js';
import type { Selection } from './selection.js';

const FORMATS_BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['safetensors', 'SafeTensor'],
  ['sft', 'SafeTensor'],
  ...['ckpt', 'pt', 'pth', 'bin', 'pkl'].map((extension) => [extension, 'PickleTensor'] as const),
  ['gguf', 'GGUF'],
  ['onnx', 'ONNX'],
]);

/** Returns the format of a file; if Civitai does not say which, that of its extension. */
export function formatOf({ name, format }: ModelFile): string | undefined {
  return isUnspecified(format) ? (formatOfName(name) ?? format) : format;
}

/** Whether a file can run code when it is loaded. Neither the format nor the extension rules it out alone. */
export function isPickle({ name, format }: ModelFile): boolean {
  return [format ?? '', formatOfName(name) ?? ''].some((text) => nameKey(text) === 'pickletensor');
}

/** Returns the files that fit, the best first; of equally good ones, the earlier. */
export function fittingFiles(files: readonly ModelFile[], selection: Selection): readonly ModelFile[] {
  return files
    .flatMap((file) => {
      const rank = rankOf(file, selection);
      return rank ? [{ file, rank }] : [];
    })
    .sort((one, other) => one.rank.format - other.rank.format || one.rank.precision - other.rank.precision)
    .map(({ file }) => file);
}

function rankOf(
  file: ModelFile,
  { formats, precisions, noPickle }: Selection,
): { readonly format: number; readonly precision: number } | undefined {
  if (noPickle && isPickle(file)) return undefined;
  const format = positionIn(formats, [formatOf(file)]);
  const precision = positionIn(precisions, precisionsOf(file));
  return format === undefined || precision === undefined ? undefined : { format, precision };
}

/** A quantized file has the type of the quantization instead of a precision, or beside it. */
function precisionsOf({ precision, quantType }: ModelFile): readonly (string | undefined)[] {
  return [precision, quantType];
}

function positionIn(wanted: readonly string[], values: readonly (string | undefined)[]): number | undefined {
  if (wanted.length === 0) return 0;
  const keys = values.flatMap((value) => (value === undefined ? [] : [nameKey(value)]));
  const position = wanted.findIndex((name) => keys.includes(nameKey(name)));
  // Comes last wherever it is in the list: it means all that the list does not name.
  if (position < 0) return wanted.some((name) => nameKey(name) === ANY) ? wanted.length : undefined;
  return position;
}

function formatOfName(name: string): string | undefined {
  const extension = /\.(?<extension>[a-z0-9]+)$/i.exec(name.trim())?.groups?.extension;
  return FORMATS_BY_EXTENSION.get(extension?.toLowerCase() ?? '');
}

function isUnspecified(format: string | undefined): boolean {
  return format === undefined || nameKey(format) === 'other' || format.trim() === '';
}

/** Describes the formats and precisions of files, each once. */
export function describeFormats(files: readonly ModelFile[]): string {
  const texts = files.map((file) =>
    [formatOf(file) ?? 'unknown format', ...precisionsOf(file)].filter(Boolean).join(' '),
  );
  return [...new Set(texts)].join(', ');
}
