import { NotFoundError, type SelectionError } from '../errors.js';
import { fittingFiles } from './fitting-files.js';
import type { BrokenFile, ModelFile, ModelVersion } from './model.js';
import { choosesFiles, DEFAULT_SELECTION, type Selection } from './selection.js';
import { noFittingFileError } from './selection-errors.js';
import type { FileSelector } from './source.js';

const MAIN_WEIGHTS = new Set(['Model', 'Pruned Model', 'Diffusion Model', 'UNet']);
/** Only selected by id or type. */
const TRAINING_DATA = 'Training Data';

/** Several files of a version are what a source or an option names. */
export class SeveralFilesError extends NotFoundError {
  readonly files: readonly ModelFile[];

  constructor(message: string, files: readonly ModelFile[]) {
    super('no-such-file', message);
    this.files = files;
  }
}

/** Files to download of a version whose source does not select one; a name is an id, a file's name or a type. */
export type FileChoice = 'primary' | 'all' | { readonly named: string };

/** Returns the file that is marked as primary, else the first with main weights, else the first; never training data. */
export function primaryFile(files: readonly ModelFile[]): ModelFile | undefined {
  const candidates = files.filter(({ type }) => type !== TRAINING_DATA);
  return (
    candidates.find((file) => file.primary) ??
    candidates.find((file) => MAIN_WEIGHTS.has(file.type)) ??
    candidates[0]
  );
}

/** Returns a file without an id or a name, if it would be, or could be, the primary one. */
function brokenPrimaryFile({ files, brokenFiles = [] }: ModelVersion): BrokenFile | undefined {
  const candidates = files.filter(({ type }) => type !== TRAINING_DATA);
  const broken = brokenFiles.filter(({ type }) => type !== TRAINING_DATA);
  if (candidates.some(({ primary }) => primary)) return undefined;
  const marked = broken.find(({ primary }) => primary);
  return marked ?? (candidates.some(({ type }) => MAIN_WEIGHTS.has(type)) ? undefined : broken[0]);
}

export function brokenFileError(
  { id }: ModelVersion,
  { id: fileId, name, missing }: BrokenFile,
): NotFoundError {
  const subject = name === undefined && fileId === undefined ? 'A file' : `File ${name ?? fileId}`;
  return new NotFoundError(
    'no-such-file',
    `${subject} of model version ${id} has no valid ${missing} in Civitai's response.`,
  );
}

/**
 * Returns the files to download of a version, at least one. A selector takes precedence over the choice, and both over
 * the lists of the selection.
 * @throws NotFoundError listing the candidates when no file matches, or several match a single name
 * @throws SelectionError when the version has files, but none that fits the selection
 */
export function selectFiles(
  version: ModelVersion,
  selector: FileSelector | undefined,
  choice: FileChoice,
  selection: Selection = DEFAULT_SELECTION,
): readonly ModelFile[] {
  if (!selector && isSelected(version, choice, selection)) {
    const files = selectedFiles(version, choice, selection);
    if (files.length > 0) return files;
    throw noFittingFileError([version], selection);
  }
  if (selector || choice === 'primary') return [selectFile(version, selector)];
  if (typeof choice === 'object') return [namedFile(version, choice.named)];
  const primary = primaryFile(version.files) ?? selectFile(version, undefined);
  const others = version.files.filter((file) => file !== primary && file.type !== TRAINING_DATA);
  return [primary, ...others];
}

/** Returns why a version has no file to download without a selector, if so. */
export function missingFiles(
  version: ModelVersion,
  choice: FileChoice,
  selection: Selection,
): NotFoundError | SelectionError | undefined {
  if (typeof choice === 'object') return undefined;
  if (isSelected(version, choice, selection))
    return selectedFiles(version, choice, selection).length > 0
      ? undefined
      : noFittingFileError([version], selection);
  const broken = brokenPrimaryFile(version);
  if (broken && (choice === 'primary' || version.files.length === 0)) return brokenFileError(version, broken);
  if (primaryFile(version.files)) return undefined;
  return new NotFoundError('no-such-file', `Version ${version.id} (${version.name}) only has training data.`);
}

/** Whether the lists of the selection choose between the files of a version. */
function isSelected({ files }: ModelVersion, choice: FileChoice, selection: Selection): boolean {
  return typeof choice !== 'object' && choosesFiles(selection) && primaryFile(files) !== undefined;
}

/** Of a choice of one file, another file of the version that is the main thing can take the place of the primary one. */
function selectedFiles(
  { files }: ModelVersion,
  choice: FileChoice,
  selection: Selection,
): readonly ModelFile[] {
  const primary = primaryFile(files);
  const isCandidate = ({ type }: ModelFile) =>
    type !== TRAINING_DATA && (choice === 'all' || type === primary?.type || MAIN_WEIGHTS.has(type));
  const candidates = files.filter(isCandidate);
  const ordered = primary ? [primary, ...candidates.filter((file) => file !== primary)] : candidates;
  const fitting = fittingFiles(ordered, selection);
  return choice === 'all' ? fitting : fitting.slice(0, 1);
}

/** By id, else by name, else by type. */
function namedFile(version: ModelVersion, text: string): ModelFile {
  const isText = (value: string) => value.toLowerCase() === text.toLowerCase();
  const candidates = [
    version.files.filter(({ id }) => String(id) === text),
    version.files.filter(({ name, type }) => isText(name) && type !== TRAINING_DATA),
    version.files.filter(({ type }) => isText(type)),
  ];
  const matches = candidates.find((files) => files.length > 0) ?? [];
  const [only] = matches;
  if (only && matches.length === 1) return only;
  throw notSingleError(version, `'${text}'`, matches);
}

function selectFile(version: ModelVersion, selector: FileSelector | undefined): ModelFile {
  const primary = primaryFile(version.files);
  const broken = brokenSelection(version, selector);
  if (broken) throw brokenFileError(version, broken);
  if (!selector || version.files.length === 0) {
    if (primary) return primary;
    throw noFilesError(version);
  }
  const matches = version.files.filter((file) => matchesSelector(file, selector));
  const [only] = matches;
  if (only && matches.length === 1) return only;
  // The server prefers the primary file, too, where main weights come first.
  if (primary && matches.includes(primary)) return primary;
  throw notSingleError(version, 'the request', matches);
}

function brokenSelection(version: ModelVersion, selector: FileSelector | undefined): BrokenFile | undefined {
  if (!selector) return brokenPrimaryFile(version);
  return 'fileId' in selector ? version.brokenFiles?.find(({ id }) => id === selector.fileId) : undefined;
}

function noFilesError({ id, files }: ModelVersion): NotFoundError {
  const exceptions = files.length > 0 ? ` except ${describeFiles(files)}` : '';
  return new NotFoundError('no-such-file', `Model version ${id} has no files to download${exceptions}.`);
}

function notSingleError(
  { id, files }: ModelVersion,
  wanted: string,
  matches: readonly ModelFile[],
): NotFoundError {
  if (matches.length > 0) {
    const problem = `Several files of model version ${id} match ${wanted}`;
    return new SeveralFilesError(`${problem}: ${describeFiles(matches)}.`, matches);
  }
  return new NotFoundError(
    'no-such-file',
    `No file of model version ${id} matches ${wanted}. Available files: ${describeFiles(files)}.`,
  );
}

function matchesSelector(file: ModelFile, selector: FileSelector): boolean {
  if ('fileId' in selector) return file.id === selector.fileId;
  // As on the server, a property that the file lacks matches every value; the type is never missing.
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

function describeFiles(files: readonly ModelFile[]): string {
  return files.map(describeFile).join('; ');
}

/** Describes a file by its id, its name and its properties. */
export function describeFile(file: ModelFile): string {
  const { id, name, type, format, precision, variant, quantType, size } = file;
  const sizeText = size === undefined ? undefined : `${(size / 1_000_000).toFixed(1)} MB`;
  const properties = [type, format, precision, variant, quantType, sizeText].filter(Boolean);
  return `${id} ${name} (${properties.join(', ')})`;
}
