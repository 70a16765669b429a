import { hasWeights } from '../cache/model-files.js';
import type { Model, ModelFile, ModelVersion } from '../civitai/model.js';
import { primaryFile } from '../civitai/select-files.js';
import { caseKey, fitName, safeName, splitName } from '../disk/safe-name.js';

/** A name in two parts: a long stem is cut, the suffix never. */
interface FileName {
  readonly stem: string;
  readonly suffix: string;
}

/** The names of a model file and of the list of its hashes. */
export interface TargetNames {
  readonly file: FileName;
  readonly list: FileName;
}

/** The path of a model file that does not follow from the ids of its model and version. */
export interface ChosenTarget {
  /** Absolute. */
  readonly target: string;
  /** Whether nothing may be there: another file's name is never taken. */
  readonly mustBeFree: boolean;
  /** Whether the name of its list of hashes is that of another file. */
  readonly isListTaken: boolean;
}

/**
 * Returns a function for the names of a version's files, which are the same whichever files are requested. A name that
 * another file of the version could have gets the file's id, except for the primary file: other programs know its name.
 * @param hasSidecars whether names that differ only in the extension count as the same
 */
export function createTargetNames(
  model: Model,
  version: ModelVersion,
  hasSidecars = false,
): (file: ModelFile) => TargetNames {
  const primaryId = primaryFile(version.files)?.id;
  const owners = ownersOfNames(model, version);
  return (file) => {
    const plain = namesOf(model, version, file, '');
    const marked = namesOf(model, version, file, `-fid_${file.id}`);
    const isTaken = (name: FileName) =>
      file.id !== primaryId && [...(owners.get(keyOf(name)) ?? [])].some((id) => id !== file.id);
    const sharesSidecars = hasSidecars && hasWeights(file.name) && isTaken(plain.list);
    const isListItself = keyOf(plain.list) === keyOf(plain.file);
    return {
      file: isTaken(plain.file) || sharesSidecars ? marked.file : plain.file,
      list: isTaken(plain.list) || isListItself ? marked.list : plain.list,
    };
  };
}

/** Returns the ids of the files that could have a name, by the key of the name. */
function ownersOfNames(model: Model, version: ModelVersion): ReadonlyMap<string, ReadonlySet<number>> {
  const owners = new Map<string, Set<number>>();
  for (const file of version.files) {
    const { file: name, list } = namesOf(model, version, file, '');
    for (const key of [keyOf(name), keyOf(list)])
      owners.set(key, (owners.get(key) ?? new Set<number>()).add(file.id));
  }
  return owners;
}

function namesOf(model: Model, version: ModelVersion, file: ModelFile, mark: string): TargetNames {
  const { stem, extension } = splitName(safeName(file.name, `file-${file.id}`));
  const ids = `-mid_${model.id}-vid_${version.id}${mark}`;
  return { file: { stem, suffix: `${ids}${extension}` }, list: { stem, suffix: `${ids}.csv` } };
}

/** The same for names that are one name on some file systems. */
function keyOf({ stem, suffix }: FileName): string {
  return caseKey(fitName(stem, suffix));
}

/**
 * Returns a function for the names that a file can have with Civitai's own names, the preferred one first. A file that is
 * not the primary one and shares its name with another file of the version always has its id.
 */
export function createOriginalNames(version: ModelVersion): (file: ModelFile) => readonly string[] {
  const primaryId = primaryFile(version.files)?.id;
  const counts = new Map<string, number>();
  const keyOfFile = (file: ModelFile) => nameKey(safeName(file.name, `file-${file.id}`));
  for (const key of version.files.map(keyOfFile)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return (file) => {
    const { stem, extension } = splitName(safeName(file.name, `file-${file.id}`));
    const named = (mark: string) => fitName(stem, `${mark}${extension}`);
    const byId = named(`-fid_${file.id}`);
    const isShared = file.id !== primaryId && (counts.get(keyOfFile(file)) ?? 0) > 1;
    return isShared ? [byId] : [...new Set([named(''), named(`-vid_${version.id}`), byId])];
  };
}

/** The same for names that cannot be in one folder: sidecars of weights are found by the name without extension. */
export function nameKey(name: string): string {
  return caseKey(hasWeights(name) ? splitName(name).stem : `${name}\0`);
}
