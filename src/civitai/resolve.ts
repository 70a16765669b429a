import { type CivitdlError, NotFoundError } from '../errors.js';
import { unavailableReason } from './availability.js';
import type { CivitaiClient } from './client.js';
import { mergeImages } from './images.js';
import type { Model, ModelFile, ModelVersion } from './model.js';
import { chooseFiles, type FileChoice, primaryFile } from './select-files.js';
import type { Source } from './source.js';

/** What a source means: files of one version of one model. */
export interface Resolved {
  readonly model: Model;
  readonly version: ModelVersion;
  /** At least one. */
  readonly files: readonly ModelFile[];
  /** Why the versions before the chosen one were not taken. */
  readonly skipped: readonly CivitdlError[];
}

type VersionSource = Extract<Source, { kind: 'version' }>;

export interface ResolveDeps {
  readonly client: CivitaiClient;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly choice: FileChoice;
}

/**
 * Asks the API what a source means, in two requests where all goes well.
 * @throws NotFoundError, or what the client throws
 */
export async function resolve(source: Source, deps: ResolveDeps): Promise<Resolved> {
  switch (source.kind) {
    case 'model':
      return resolveModel(source.modelId, deps);
    case 'version':
      return resolveVersion(source, await getOwnVersion(source.versionId, deps), deps);
    case 'hash':
      return resolveHash(source.hash, deps);
  }
}

async function resolveHash(hash: string, deps: ResolveDeps): Promise<Resolved> {
  const { client, signal } = deps;
  const version = await client.getModelVersionByHash(hash, signal);
  const owner = version.files.find((file) => [...file.hashes.values()].includes(hash));
  const source: VersionSource = {
    kind: 'version',
    versionId: version.id,
    ...(owner && { file: { fileId: owner.id } }),
  };
  return resolveVersion(source, version, deps);
}

/** The first version that can be downloaded; where all have to be paid for, the first, which the account may have bought. */
async function resolveModel(id: number, deps: ResolveDeps): Promise<Resolved> {
  const { client, signal, now, choice } = deps;
  const files = (version: ModelVersion) => chooseFiles(version, undefined, choice);
  const model = await client.getModel(id, signal);
  const skipped: CivitdlError[] = [];
  let paid: ModelVersion | undefined;
  for (const listed of model.versions) {
    const hopeless = unavailableReason(model, listed, now);
    const version = hopeless ? listed : merged(listed, await getOwnVersion(listed.id, deps));
    const problem = hopeless ?? unavailableReason(model, version, now) ?? missingFiles(version, choice);
    if (!problem) return { model, version, files: files(version), skipped };
    if (problem.code === 'early-access' && version.files.length > 0) paid ??= version;
    skipped.push(problem);
  }
  if (paid) return { model, version: paid, files: files(paid), skipped: [] };
  throw skipped[0] ?? new NotFoundError('no-such-file', `Model ${id} has no versions to download.`);
}

/** A version that has training data only has to be asked for it. */
function missingFiles(version: ModelVersion, choice: FileChoice): NotFoundError | undefined {
  if (typeof choice === 'object' || primaryFile(version.files)) return undefined;
  return new NotFoundError('no-such-file', `Version ${version.id} (${version.name}) has training data only.`);
}

/** The version's own answer; a version that has none yet, being new, may be listed by its model all the same. */
async function getOwnVersion(
  id: number,
  { client, signal }: Pick<ResolveDeps, 'client' | 'signal'>,
): Promise<ModelVersion | undefined> {
  return client.getModelVersion(id, signal).catch(unlessNotFound);
}

function unlessNotFound(error: unknown): undefined {
  if (error instanceof NotFoundError && error.code === 'not-found') return undefined;
  throw error;
}

async function resolveVersion(
  source: VersionSource,
  version: ModelVersion | undefined,
  { client, signal, now, choice }: ResolveDeps,
): Promise<Resolved> {
  const modelId = version?.modelId ?? source.modelId;
  checkModel(source, version);
  const model =
    modelId === undefined ? undefined : await client.getModel(modelId, signal).catch(unlessNotFound);
  const listed = model?.versions.find(({ id }) => id === source.versionId);
  const chosen = mergeVersions(listed, version);
  if (!chosen) throw new NotFoundError('not-found', `Model version ${source.versionId} was not found.`);
  const owner = model ?? modelOf(chosen);
  const problem = unavailableReason(owner, chosen, now);
  if (problem && problem.code !== 'early-access') throw problem;
  const files = chooseFiles(chosen, source.file, choice);
  return { model: owner, version: chosen, files, skipped: [] };
}

/** @throws NotFoundError when a text names a model and a version that don't belong together */
function checkModel(source: VersionSource, version: ModelVersion | undefined): void {
  if (source.modelId === undefined || version?.modelId === undefined || source.modelId === version.modelId)
    return;
  throw new NotFoundError(
    'not-found',
    `Model version ${source.versionId} belongs to model ${version.modelId}, not to model ${source.modelId}.`,
  );
}

function merged(listed: ModelVersion, version: ModelVersion | undefined): ModelVersion {
  return mergeVersions(listed, version) ?? listed;
}

/** As much of a model as one of its versions tells, for a model that its own endpoint doesn't show. */
function modelOf(version: ModelVersion): Model {
  const { model, ...json } = version.json;
  return {
    id: version.modelId ?? 0,
    name: version.model?.name ?? version.name,
    type: version.model?.type ?? 'Other',
    tags: [],
    nsfwLevel: version.images.reduce((level, image) => level | image.nsfwLevel, 0),
    versions: [version],
    json: { id: version.modelId, ...(typeof model === 'object' ? model : {}), modelVersions: [json] },
  };
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
