import type { Model, ModelFile, ModelVersion } from '../civitai/model.js';
import { primaryFile } from '../civitai/select-files.js';
import { caseKey, fitName, safeName, splitName } from '../disk/safe-name.js';

/** A name in two parts, of which the second stays whole however long the first is. */
interface FileName {
  readonly stem: string;
  readonly suffix: string;
}

/** What a model file and the list of its hashes are called. */
export interface TargetNames {
  readonly file: FileName;
  readonly list: FileName;
}

/**
 * The names of one file of a version, the same whatever else is asked for. A name that another file of the version could
 * have, too, gets the file's id, unless it is the primary one's: that keeps the names that everybody knows.
 */
export function targetNames(model: Model, version: ModelVersion, file: ModelFile): TargetNames {
  const plain = namesOf(model, version, file, '');
  const marked = namesOf(model, version, file, `-fid_${file.id}`);
  const taken = new Set(primaryFile(version.files)?.id === file.id ? [] : keysOfOthers(model, version, file));
  const isListItself = keyOf(plain.list) === keyOf(plain.file);
  return {
    file: taken.has(keyOf(plain.file)) ? marked.file : plain.file,
    list: taken.has(keyOf(plain.list)) || isListItself ? marked.list : plain.list,
  };
}

function keysOfOthers(model: Model, version: ModelVersion, file: ModelFile): readonly string[] {
  return version.files
    .filter(({ id }) => id !== file.id)
    .map((other) => namesOf(model, version, other, ''))
    .flatMap((names) => [keyOf(names.file), keyOf(names.list)]);
}

function namesOf(model: Model, version: ModelVersion, file: ModelFile, mark: string): TargetNames {
  const { stem, extension } = splitName(safeName(file.name, `file-${file.id}`));
  const ids = `-mid_${model.id}-vid_${version.id}${mark}`;
  return { file: { stem, suffix: `${ids}${extension}` }, list: { stem, suffix: `${ids}.csv` } };
}

/** The same for names that are one name on some disk. */
function keyOf({ stem, suffix }: FileName): string {
  return caseKey(fitName(stem, suffix));
}
