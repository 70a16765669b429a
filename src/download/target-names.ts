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

/**
 * Returns the names of one file, the same whichever other files are requested. A name that another file of the version
 * could have gets the file's id, except for the primary file: other programs know its name.
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

/** The same for names that are one name on some file systems. */
function keyOf({ stem, suffix }: FileName): string {
  return caseKey(fitName(stem, suffix));
}
