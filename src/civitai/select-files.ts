import { NotFoundError } from '../errors.js';
import type { ModelFile, ModelVersion } from './model.js';
import type { FileSelector } from './source.js';

const MAIN_WEIGHTS = new Set(['Model', 'Pruned Model', 'Diffusion Model', 'UNet']);
/** Only downloaded when it is asked for by id or type. */
const TRAINING_DATA = 'Training Data';

/** The file that a version stands for: the marked one, else the first with main weights, else the first; never training data. */
export function primaryFile(files: readonly ModelFile[]): ModelFile | undefined {
  const candidates = files.filter(({ type }) => type !== TRAINING_DATA);
  return (
    candidates.find((file) => file.primary) ??
    candidates.find((file) => MAIN_WEIGHTS.has(file.type)) ??
    candidates[0]
  );
}

/** Which files of a version are wanted where the source itself names none; a name is an id, a file's name or a type. */
export type FileChoice = 'primary' | 'all' | { readonly named: string };

/**
 * The files that are wanted of a version, at least one. A source that names a file means that one, whatever the choice.
 * @throws NotFoundError listing the candidates when none fits, or several do where one is meant
 */
export function chooseFiles(
  version: ModelVersion,
  selector: FileSelector | undefined,
  choice: FileChoice,
): readonly ModelFile[] {
  if (selector || choice === 'primary') return [chooseFile(version, selector)];
  if (choice !== 'all') return [namedFile(version, choice.named)];
  const primary = chooseFile(version, undefined);
  const others = version.files.filter((file) => file !== primary && file.type !== TRAINING_DATA);
  return [primary, ...others];
}

/** By id, else by name, else by type, the last two without regard to case. */
function namedFile(version: ModelVersion, text: string): ModelFile {
  const isText = (value: string) => value.toLowerCase() === text.toLowerCase();
  const ways = [
    version.files.filter(({ id }) => String(id) === text),
    version.files.filter(({ name, type }) => isText(name) && type !== TRAINING_DATA),
    version.files.filter(({ type }) => isText(type)),
  ];
  const fitting = ways.find((files) => files.length > 0) ?? [];
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  throw noSingleFile(version, `'${text}'`, fitting);
}

/** The file that a selector means, or the primary one without a selector. */
function chooseFile(version: ModelVersion, selector: FileSelector | undefined): ModelFile {
  const primary = primaryFile(version.files);
  if (!selector || version.files.length === 0) {
    if (primary) return primary;
    throw new NotFoundError(
      'no-such-file',
      `Model version ${version.id} has no files to download${version.files.length > 0 ? ` but ${describeFiles(version.files)}` : ''}.`,
    );
  }
  const fitting = version.files.filter((file) => matchesSelector(file, selector));
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  // A query that the primary file fits means the primary one, as on the server, where main weights come first.
  if (primary && fitting.includes(primary)) return primary;
  throw noSingleFile(version, 'what was asked for', fitting);
}

function noSingleFile(version: ModelVersion, asked: string, fitting: readonly ModelFile[]): NotFoundError {
  const problem =
    fitting.length > 0
      ? `Several files of model version ${version.id} fit ${asked}: `
      : `No file of model version ${version.id} fits ${asked}; there are `;
  const candidates = fitting.length > 0 ? fitting : version.files;
  return new NotFoundError('no-such-file', `${problem}${describeFiles(candidates)}.`);
}

function describeFiles(files: readonly ModelFile[]): string {
  return files.map(describeFile).join('; ');
}

function matchesSelector(file: ModelFile, selector: FileSelector): boolean {
  if ('fileId' in selector) return file.id === selector.fileId;
  // As on the server, a key that the file lacks contradicts nothing, but the type is always there.
  return (
    (selector.type === undefined || selector.type === file.type) &&
    isCompatible(selector.format, file.format) &&
    isCompatible(selector.size, file.variant) &&
    isCompatible(selector.fp, file.precision) &&
    isCompatible(selector.quantType, file.quantType)
  );
}

function isCompatible(wanted: string | undefined, given: string | undefined): boolean {
  return wanted === undefined || given === undefined || wanted === given;
}

/** A file as a user can tell it from others. */
function describeFile(file: ModelFile): string {
  const facts = [file.type, file.format, file.precision, file.variant, file.quantType, sizeOf(file)]
    .filter(Boolean)
    .join(', ');
  return `${file.id} ${file.name} (${facts})`;
}

function sizeOf({ size }: ModelFile): string | undefined {
  return size === undefined ? undefined : `${(size / 1_000_000).toFixed(1)} MB`;
}
