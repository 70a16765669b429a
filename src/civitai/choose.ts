import { AccessError, type CivitdlError, NotFoundError } from '../errors.js';
import { imageId } from './image-url.js';
import type { ExampleImage, Model, ModelFile, ModelVersion } from './model.js';
import type { FileSelector } from './source.js';

const MAIN_WEIGHTS = new Set(['Model', 'Pruned Model', 'Diffusion Model', 'UNet']);

/** Why a version can't be downloaded by anybody, or (code `early-access`) by accounts that have not paid; undefined when it can. */
export function obstacle(model: Model, version: ModelVersion, now: number): CivitdlError | undefined {
  const subject = `Version ${version.id} (${version.name}) of model ${model.id}`;
  if (model.mode === 'Archived') {
    return new NotFoundError('archived', `Model ${model.id} is archived and can't be downloaded any more.`);
  }
  if (version.usageControl !== undefined && version.usageControl !== 'Download') {
    return new AccessError('downloads-disabled', `${subject}: its creator has disabled downloads.`);
  }
  if (version.paidAccess) return paidObstacle(subject, version.paidAccess.endsAt, now);
  return version.files.length > 0 ? undefined : new NotFoundError('no-such-file', `${subject} has no files.`);
}

function paidObstacle(subject: string, endsAt: Date | undefined, now: number): AccessError | undefined {
  if (endsAt && endsAt.getTime() <= now) return undefined;
  const until = endsAt ? `until ${endsAt.toISOString().slice(0, 10)}` : 'and has to be bought';
  return new AccessError('early-access', `${subject} is in early access ${until}.`);
}

/** The file that a version stands for: the marked one, else the first with main weights, else the first. */
export function primaryFile(files: readonly ModelFile[]): ModelFile | undefined {
  return files.find((file) => file.primary) ?? files.find((file) => MAIN_WEIGHTS.has(file.type)) ?? files[0];
}

/**
 * The file that a selector means, or the primary one without a selector.
 * @throws NotFoundError listing the candidates when none fits, or several do
 */
export function chooseFile(version: ModelVersion, selector: FileSelector | undefined): ModelFile {
  const primary = primaryFile(version.files);
  if (!primary)
    throw new NotFoundError('no-such-file', `Model version ${version.id} has no files to download.`);
  if (!selector) return primary;
  const fitting = version.files.filter((file) => fits(file, selector));
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  // A query that the primary file fits means the primary one, as on the server, where main weights come first.
  if (fitting.includes(primary)) return primary;
  const problem = only ? 'Several files fit' : 'No file fits';
  const candidates = (only ? fitting : version.files).map(describeFile).join('; ');
  throw new NotFoundError(
    'no-such-file',
    `${problem} what was asked for of model version ${version.id}: ${candidates}.`,
  );
}

function fits(file: ModelFile, selector: FileSelector): boolean {
  if ('fileId' in selector) return file.id === selector.fileId;
  // As on the server, a key that the file lacks contradicts nothing, but the type is always there.
  return (
    (selector.type === undefined || selector.type === file.type) &&
    agrees(selector.format, file.format) &&
    agrees(selector.size, file.variant) &&
    agrees(selector.fp, file.precision) &&
    agrees(selector.quantType, file.quantType)
  );
}

function agrees(wanted: string | undefined, given: string | undefined): boolean {
  return wanted === undefined || given === undefined || wanted === given;
}

/** A file as a user can tell it from others. */
export function describeFile(file: ModelFile): string {
  const facts = [file.type, file.format, file.precision, file.variant, file.quantType]
    .filter(Boolean)
    .join(' ');
  return `${file.id} ${file.name} (${facts})`;
}

/**
 * One version out of what two endpoints say of it. The model's gives the names that the downloads will have, the
 * version's own tells the usage control and the generation data of images.
 */
export function mergeVersions(
  listed: ModelVersion | undefined,
  own: ModelVersion | undefined,
): ModelVersion | undefined {
  if (!listed || !own) return listed ?? own;
  return {
    ...own,
    json: listed.json,
    files: listed.files.length > 0 ? listed.files : own.files,
    images: mergeImages(listed.images, own.images),
  };
}

/** The images of the first list, with the second's entries for those that it has. */
export function mergeImages(
  listed: readonly ExampleImage[],
  own: readonly ExampleImage[],
): readonly ExampleImage[] {
  if (listed.length === 0) return own;
  const details = new Map(own.map((image) => [imageId(image.url), image]));
  return listed.map((image) => {
    const detail = details.get(imageId(image.url));
    return detail?.json.meta ? { ...image, json: { ...image.json, meta: detail.json.meta } } : image;
  });
}
