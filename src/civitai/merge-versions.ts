import { mergeImages } from './images.js';
import type { BrokenFile, ModelFile, ModelVersion } from './model.js';

/** Merges the file names that downloads have, which the model lists, with the usage control and generation data. */
export function mergeVersions(
  listed: ModelVersion | undefined,
  own: ModelVersion | undefined,
): ModelVersion | undefined {
  if (!listed || !own) return listed ?? own;
  return {
    ...own,
    // What stands in for a missing name.
    name: own.name === String(own.id) ? listed.name : own.name,
    baseModel: own.baseModel === 'Other' ? listed.baseModel : own.baseModel,
    publishedAt: own.publishedAt ?? listed.publishedAt,
    json: listed.json,
    ownJson: own.json,
    ...mergeFiles(listed, own),
    images: mergeImages(listed.images, own.images),
  };
}

type Files = Pick<ModelVersion, 'files' | 'brokenFiles'>;

/** Takes a file or a hash that one endpoint sends in a wrong form from the other one. */
function mergeFiles(listed: ModelVersion, own: ModelVersion): Files {
  if (listed.files.length === 0 && !listed.brokenFiles)
    return { files: own.files, brokenFiles: own.brokenFiles };
  const files = listed.files.map((file) => withMissing(file, own.files));
  if (!listed.brokenFiles) return { files, brokenFiles: undefined };
  const known = new Set(files.map(({ id }) => id));
  const added = own.files.filter(({ id }) => !known.has(id));
  const isReplaced = (file: BrokenFile) => added.some(({ id, name }) => id === file.id || name === file.name);
  const broken = listed.brokenFiles.filter((file) => !isReplaced(file));
  return { files: [...files, ...added], brokenFiles: broken.length > 0 ? broken : undefined };
}

function withMissing(file: ModelFile, others: readonly ModelFile[]): ModelFile {
  const other = others.find(({ id }) => id === file.id);
  if (!other) return file;
  const missing = [...other.hashes].filter(([type]) => !file.hashes.has(type));
  return {
    ...file,
    size: file.size ?? other.size,
    pickleScan: file.pickleScan ?? other.pickleScan,
    virusScan: file.virusScan ?? other.virusScan,
    downloadUrl: file.downloadUrl ?? other.downloadUrl,
    hashes: missing.length > 0 ? new Map([...file.hashes, ...missing]) : file.hashes,
  };
}
