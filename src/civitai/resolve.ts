import { type CivitdlError, NotFoundError } from '../errors.js';
import { unavailableReason } from './availability.js';
import { versionCautions } from './cautions.js';
import type { CivitaiClient } from './client.js';
import { completeEntry } from './list-entry.js';
import { mergeVersions } from './merge-versions.js';
import type { Model, ModelFile, ModelVersion } from './model.js';
import type { Ask } from './question.js';
import {
  brokenFileError,
  describeFile,
  type FileChoice,
  missingFiles,
  SeveralFilesError,
  selectFiles,
} from './select-files.js';
import { fittingVersions } from './select-versions.js';
import type { Selection } from './selection.js';
import type { FileSelector, Source } from './source.js';

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
  readonly selection: Selection;
  /** Called with each error that only leaves something out, and with what the user should know. */
  readonly warn: (error: unknown, consequence?: string) => void;
  /** Asks about a source that can mean several things; undefined without a terminal. */
  readonly ask?: Ask | undefined;
}

type VersionSource = Extract<Source, { kind: 'version' }>;

/** @throws NotFoundError, or an error of the client */
export async function resolve(source: Source, context: ResolveContext): Promise<Resolved> {
  const resolved = await resolveSource(source, context);
  for (const file of context.choice === 'all' ? (resolved.version.brokenFiles ?? []) : [])
    context.warn(brokenFileError(resolved.version, file), 'Continuing with the other files.');
  return resolved.model.isListEntry ? withOwnForm(resolved, context) : resolved;
}

async function resolveSource(source: Source, context: ResolveContext): Promise<Resolved> {
  switch (source.kind) {
    case 'model':
      return resolveModelOrVersion(source.modelId, context);
    case 'version':
      return resolveVersion(source, await tryOwnVersion(source.versionId, context), context);
    case 'hash':
      return resolveHash(source.hash, context);
  }
}

/** Asks about a number that is the id of a version, not of a model. */
async function resolveModelOrVersion(id: number, context: ResolveContext): Promise<Resolved> {
  try {
    return await resolveModel(id, context);
  } catch (error) {
    if (!(error instanceof VersionIdError) || !context.ask) throw error;
    const { source, message } = error;
    const answers = [`Download ${source.modelId}@${source.versionId}`];
    if ((await context.ask({ text: message, answers })) === undefined) throw error;
    return resolveSource(source, context);
  }
}

/** A number that was typed as the id of a model is that of a version. */
class VersionIdError extends NotFoundError {
  readonly source: VersionSource;

  constructor(message: string, source: VersionSource, options: ErrorOptions) {
    super('not-found', message, options);
    this.source = source;
  }
}

/**
 * Chooses the first version that fits and is available; if all have to be bought, the first: the account may have
 * bought it.
 */
async function resolveModel(id: number, context: ResolveContext): Promise<Resolved> {
  const { now, choice, selection } = context;
  const filesOf = (version: ModelVersion) => chooseFiles(version, undefined, context);
  const model = await getModelOrExplain(id, context);
  const fitting = fittingVersions(model, selection, choice);
  if ('error' in fitting) throw fitting.error;
  const skipped: CivitdlError[] = [];
  let paid: ModelVersion | undefined;
  for (const listed of fitting.versions) {
    skipped.push(...brokenVersionErrors(model, model.versions.indexOf(listed)));
    const listedReason = unavailableReason(model, listed, now);
    const own = listedReason ? undefined : warnUnlessFound(await tryOwnVersion(listed.id, context), context);
    const version = mergeVersions(listed, own) ?? listed;
    const reason =
      listedReason ?? unavailableReason(model, version, now) ?? missingFiles(version, choice, selection);
    if (!reason) return { model, version, files: await filesOf(version), skipped };
    if (reason.code === 'early-access' && version.files.length > 0) paid ??= version;
    skipped.push(reason);
  }
  skipped.push(...brokenVersionErrors(model, model.versions.length));
  if (paid) return { model, version: paid, files: await filesOf(paid), skipped: [] };
  throw skipped[0] ?? new NotFoundError('no-such-file', `Model ${id} has no versions to download.`);
}

/** Selects the files of a version, and asks if several are what was named. */
async function chooseFiles(
  version: ModelVersion,
  selector: FileSelector | undefined,
  { choice, selection, ask }: ResolveContext,
): Promise<readonly ModelFile[]> {
  try {
    return selectFiles(version, selector, choice, selection);
  } catch (error) {
    if (!(error instanceof SeveralFilesError) || !ask) throw error;
    const text = `Several files of model version ${version.id} (${version.name}) are what you named.`;
    const position = await ask({ text, answers: error.files.map(describeFile) });
    const chosen = position === undefined ? undefined : error.files[position];
    if (!chosen) throw error;
    return [chosen];
  }
}

/**
 * Requests a model.
 * @throws NotFoundError that names the model, if the number is the id of a version
 */
export async function getModelOrExplain(
  id: number,
  { client, signal }: Pick<ResolveContext, 'client' | 'signal'>,
): Promise<Model> {
  try {
    return await client.getModel(id, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const version = await client.getModelVersion(id, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (version?.modelId === undefined) throw error;
    const name = version.model?.name === undefined ? '' : ` (${version.model.name})`;
    throw new VersionIdError(
      `Model ${id} was not found, but ${id} is the id of a version of model ${version.modelId}${name}. ` +
        `To download it, use ${version.modelId}@${id}.`,
      { kind: 'version', modelId: version.modelId, versionId: id },
      { cause: error },
    );
  }
}

function brokenVersionErrors({ id, brokenVersions = [] }: Model, position: number): readonly NotFoundError[] {
  return brokenVersions
    .filter((version) => version.position === position)
    .map(({ name }) => {
      const subject = name === undefined ? 'A version' : `Version ${name}`;
      return new NotFoundError(
        'no-such-file',
        `${subject} of model ${id} has no valid id in Civitai's response.`,
      );
    });
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
  found: ModelVersion | FailedRequest,
  context: ResolveContext,
): Promise<Resolved> {
  const failed = 'requestError' in found ? found : undefined;
  const own = 'requestError' in found ? undefined : found;
  assertOwner(source, own);
  const modelId = own?.modelId ?? source.modelId;
  const shown = modelId === undefined ? undefined : await tryModel(modelId, own !== undefined, context);
  const listed = shown?.versions.find(({ id }) => id === source.versionId);
  const version = mergeVersions(listed, own);
  if (!version) throw missingVersionError(source, failed);
  if (failed) warnUnlessFound(failed, context);
  const model = shown ?? modelOf(version, modelId);
  const reason = unavailableReason(model, version, context.now);
  if (reason && reason.code !== 'early-access') throw reason;
  const files = await chooseFiles(version, source.file, context);
  for (const caution of versionCautions(model, version, context.selection)) context.warn(caution);
  return { model, version, files, skipped: [] };
}

function missingVersionError({ versionId }: VersionSource, failed: FailedRequest | undefined): unknown {
  return failed && !isNotFound(failed.requestError)
    ? failed.requestError
    : new NotFoundError('not-found', `Model version ${versionId} was not found.`);
}

function assertOwner(source: VersionSource, version: ModelVersion | undefined): void {
  if (source.modelId === undefined || version?.modelId === undefined || source.modelId === version.modelId)
    return;
  throw new NotFoundError(
    'not-found',
    `Model version ${source.versionId} belongs to model ${version.modelId}, not to model ${source.modelId}.`,
  );
}

interface FailedRequest {
  readonly requestError: unknown;
}

/** Requests what is not necessary if the model lists the version. */
async function tryOwnVersion(
  id: number,
  { client, signal }: ResolveContext,
): Promise<ModelVersion | FailedRequest> {
  try {
    return await client.getModelVersion(id, signal);
  } catch (requestError) {
    signal.throwIfAborted();
    return { requestError };
  }
}

/** Returns a version; if the request failed, warns and returns undefined. A new version may be missing on its own route. */
function warnUnlessFound(
  found: ModelVersion | FailedRequest,
  { warn }: ResolveContext,
): ModelVersion | undefined {
  if (!('requestError' in found)) return found;
  if (!isNotFound(found.requestError))
    warn(found.requestError, 'Continuing with what its model lists; prompts of images may be missing.');
  return undefined;
}

/** @param isOptional whether the version is known without its model */
async function tryModel(
  id: number,
  isOptional: boolean,
  { client, signal, warn }: ResolveContext,
): Promise<Model | undefined> {
  try {
    return await client.getModel(id, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isNotFound(error)) return undefined;
    if (!isOptional) throw error;
    warn(error, 'Continuing with the metadata of its version.');
    return undefined;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof NotFoundError && error.code === 'not-found';
}

/** Gives an entry of a list the metadata that the model's own route has, so that they have one form. */
async function withOwnForm(resolved: Resolved, { client, signal }: ResolveContext): Promise<Resolved> {
  const { model, version } = resolved;
  const whole =
    completeEntry(model, version) ?? (await client.getModel(model.id, signal, 'own').catch(() => model));
  signal.throwIfAborted();
  const json = whole.versions.find(({ id }) => id === version.id)?.json ?? version.json;
  return { ...resolved, model: whole, version: { ...version, json } };
}

/** Builds a model that its own endpoint does not show from one of its versions. */
function modelOf(version: ModelVersion, modelId: number | undefined): Model {
  const { model, ...json } = version.json;
  return {
    id: modelId ?? 0,
    name: version.model?.name ?? version.name,
    type: version.model?.type ?? 'Other',
    tags: [],
    nsfwLevel: version.images.reduce((level, image) => level | image.nsfwLevel, 0),
    versions: [version],
    json: { id: modelId, ...(typeof model === 'object' ? model : {}), modelVersions: [json] },
  };
}
