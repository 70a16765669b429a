import { type CivitdlError, NotFoundError } from '../errors.js';
import { unavailableReason } from './availability.js';
import type { CivitaiClient } from './client.js';
import { mergeImages } from './images.js';
import type { Model, ModelFile, ModelVersion } from './model.js';
import { type FileChoice, primaryFile, selectFiles } from './select-files.js';
import type { Source } from './source.js';

export interface Resolved {
  readonly model: Model;
  readonly version: ModelVersion;
  /** At least one. */
  readonly files: readonly ModelFile[];
  /** Reasons for skipping the versions before this one. */
  readonly skipped: readonly CivitdlError[];
}

export interface ResolveContext {
  readonly client: CivitaiClient;
  readonly signal: AbortSignal;
  readonly now: number;
  readonly choice: FileChoice;
}

type VersionSource = Extract<Source, { kind: 'version' }>;

/** @throws NotFoundError, or an error of the client */
export async function resolve(source: Source, context: ResolveContext): Promise<Resolved> {
  switch (source.kind) {
    case 'model':
      return resolveModel(source.modelId, context);
    case 'version':
      return resolveVersion(source, await getOwnVersion(source.versionId, context), context);
    case 'hash':
      return resolveHash(source.hash, context);
  }
}

/** Chooses the first version that is available; if all have to be bought, the first: the account may have bought it. */
async function resolveModel(id: number, context: ResolveContext): Promise<Resolved> {
  const { client, signal, now, choice } = context;
  const filesOf = (version: ModelVersion) => selectFiles(version, undefined, choice);
  const model = await client.getModel(id, signal);
  const skipped: CivitdlError[] = [];
  let paid: ModelVersion | undefined;
  for (const listed of model.versions) {
    const listedReason = unavailableReason(model, listed, now);
    const own = listedReason ? undefined : await getOwnVersion(listed.id, context);
    const version = mergeVersions(listed, own) ?? listed;
    const reason = listedReason ?? unavailableReason(model, version, now) ?? missingFiles(version, choice);
    if (!reason) return { model, version, files: filesOf(version), skipped };
    if (reason.code === 'early-access' && version.files.length > 0) paid ??= version;
    skipped.push(reason);
  }
  if (paid) return { model, version: paid, files: filesOf(paid), skipped: [] };
  throw skipped[0] ?? new NotFoundError('no-such-file', `Model ${id} has no versions to download.`);
}

function missingFiles(version: ModelVersion, choice: FileChoice): NotFoundError | undefined {
  if (typeof choice === 'object' || primaryFile(version.files)) return undefined;
  return new NotFoundError('no-such-file', `Version ${version.id} (${version.name}) only has training data.`);
}

async function resolveHash(hash: string, context: ResolveContext): Promise<Resolved> {
  const { client, signal } = context;
  const version = await client.getModelVersionByHash(hash, signal);
  const file = version.files.find(({ hashes }) => [...hashes.values()].includes(hash));
  const source: VersionSource = {
    kind: 'version',
    versionId: version.id,
    ...(file && { file: { fileId: file.id } }),
  };
  return resolveVersion(source, version, context);
}

async function resolveVersion(
  source: VersionSource,
  own: ModelVersion | undefined,
  { client, signal, now, choice }: ResolveContext,
): Promise<Resolved> {
  assertOwner(source, own);
  const modelId = own?.modelId ?? source.modelId;
  const shown =
    modelId === undefined ? undefined : await client.getModel(modelId, signal).catch(unlessNotFound);
  const listed = shown?.versions.find(({ id }) => id === source.versionId);
  const version = mergeVersions(listed, own);
  if (!version) throw new NotFoundError('not-found', `Model version ${source.versionId} was not found.`);
  const model = shown ?? modelOf(version);
  const reason = unavailableReason(model, version, now);
  if (reason && reason.code !== 'early-access') throw reason;
  return { model, version, files: selectFiles(version, source.file, choice), skipped: [] };
}

function assertOwner(source: VersionSource, version: ModelVersion | undefined): void {
  if (source.modelId === undefined || version?.modelId === undefined || source.modelId === version.modelId)
    return;
  throw new NotFoundError(
    'not-found',
    `Model version ${source.versionId} belongs to model ${version.modelId}, not to model ${source.modelId}.`,
  );
}

/** A new version may be missing here, even if its model lists it. */
async function getOwnVersion(
  id: number,
  { client, signal }: ResolveContext,
): Promise<ModelVersion | undefined> {
  return client.getModelVersion(id, signal).catch(unlessNotFound);
}

function unlessNotFound(error: unknown): undefined {
  if (error instanceof NotFoundError && error.code === 'not-found') return undefined;
  throw error;
}

/** Builds a model that its own endpoint does not show from one of its versions. */
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

/** Merges the file names that downloads have, which the model lists, with the usage control and generation data. */
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
