import type { CivitaiClient, Owner } from '../civitai/client.js';
import type { ModelVersion } from '../civitai/model.js';
import { CivitdlError, NotFoundError } from '../errors.js';
import { type HashReference, nameKey, type Reference } from './reference.js';

interface FoundVersion {
  readonly versionId: number;
  readonly modelId?: number | undefined;
  readonly reference: Reference;
  /** The answer to a lookup by hash, which is that of the version's own route. */
  readonly version?: ModelVersion;
}

interface UnresolvedReference {
  readonly name: string;
  /** Why there is no version, to follow the name and a colon. */
  readonly reason: string;
  /** The error of a request, after which nobody knows whether there is one. */
  readonly failure?: CivitdlError | undefined;
}

export interface Resolution {
  /** Each version once. */
  readonly found: readonly FoundVersion[];
  readonly unresolved: readonly UnresolvedReference[];
}

export type HashClient = Pick<CivitaiClient, 'getOwners' | 'getModelVersionByHash'>;

/** The requests for short hashes at a time. */
const JOBS = 4;
const AUTO_V2_LENGTH = 10;

type Outcome =
  | FoundVersion
  | { readonly reference: Reference; readonly reason: string; readonly failure?: CivitdlError };

/**
 * Finds the versions of the models that a picture names. A short hash counts only if a file of the answer has it, because
 * files of other kinds can have the same digits. What fails is unresolved with the reason of the failure.
 */
export async function resolveReferences(
  references: readonly Reference[],
  client: HashClient,
  signal: AbortSignal,
): Promise<Resolution> {
  const owners = await findOwners(references, client, signal);
  const outcomes: Outcome[] = [];
  for (let start = 0; start < references.length; start += JOBS) {
    const some = references.slice(start, start + JOBS);
    outcomes.push(...(await Promise.all(some.map((one) => resolveOne(one, owners, client, signal)))));
  }
  return summarize(outcomes);
}

type Owners = ReadonlyMap<string, Owner> | CivitdlError;

/** Asks for all whole hashes at once. */
async function findOwners(
  references: readonly Reference[],
  client: HashClient,
  signal: AbortSignal,
): Promise<Owners> {
  const hashes = references.flatMap((one) => (isSha256(one) ? [one.hash] : []));
  if (hashes.length === 0) return new Map();
  try {
    return await client.getOwners([...new Set(hashes)], signal);
  } catch (error) {
    return requestError(error, signal);
  }
}

function isSha256(reference: Reference): reference is HashReference {
  return reference.kind === 'hash' && reference.hashType === 'SHA256';
}

/** Returns an error that only concerns one request. @throws others, and the reason of the signal */
function requestError(error: unknown, signal: AbortSignal): CivitdlError {
  signal.throwIfAborted();
  if (error instanceof CivitdlError) return error;
  throw error;
}

async function resolveOne(
  reference: Reference,
  owners: Owners,
  client: HashClient,
  signal: AbortSignal,
): Promise<Outcome> {
  if (reference.kind === 'name') return { reference, reason: reference.reason };
  if (reference.kind === 'version')
    return { reference, versionId: reference.versionId, modelId: reference.modelId };
  if (isSha256(reference)) return ownerOutcome(reference, owners);
  try {
    return await findByHash(reference, (hash) => client.getModelVersionByHash(hash, signal));
  } catch (error) {
    return failedOutcome(reference, requestError(error, signal));
  }
}

function ownerOutcome(reference: HashReference, owners: Owners): Outcome {
  if (owners instanceof CivitdlError) return failedOutcome(reference, owners);
  const owner = owners.get(reference.hash);
  return owner ? { reference, ...owner } : { reference, reason: notFound(reference) };
}

function failedOutcome(reference: Reference, failure: CivitdlError): Outcome {
  return { reference, reason: failure.message.replace(/\.$/, ''), failure };
}

type GetVersion = (hash: string) => Promise<ModelVersion>;

async function findByHash(reference: HashReference, getVersion: GetVersion): Promise<Outcome> {
  let reason = notFound(reference);
  for (const { digits, proves } of lookupsOf(reference)) {
    const version = await getVersion(digits).catch(undefinedIfNotFound);
    if (version && proves(version))
      return { reference, versionId: version.id, modelId: version.modelId, version };
    if (version) reason = `no file that Civitai finds under the hash ${digits} is proved to be this one`;
  }
  return { reference, reason };
}

function undefinedIfNotFound(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

interface Lookup {
  readonly digits: string;
  readonly proves: (version: ModelVersion) => boolean;
}

/** Returns the hashes to ask for, one after the other until one is proved. */
function lookupsOf({ hashType, hash, name }: HashReference): readonly Lookup[] {
  const autoV2 = hash.slice(0, AUTO_V2_LENGTH);
  const byAutoV3 = { digits: hash, proves: (version: ModelVersion) => hasHash(version, 'AutoV3', hash) };
  const bySha256 = { digits: autoV2, proves: (version: ModelVersion) => hasHash(version, 'SHA256', hash) };
  switch (hashType) {
    case 'AutoV3':
      return [byAutoV3];
    case 'AutoV3 or SHA256':
      return [byAutoV3, bySha256];
    case 'beginning of SHA256':
      return [bySha256];
    case 'AutoV2':
      return [
        { digits: hash, proves: (version) => hasHash(version, 'AutoV2', hash) || bySha256.proves(version) },
      ];
    case 'AutoV1':
      return [
        { digits: hash, proves: (version) => hasHash(version, 'AutoV1', hash) && isNamed(version, name) },
      ];
    case 'SHA256':
    case 'BLAKE3':
      return [{ digits: hash, proves: (version) => hasHash(version, hashType, hash) }];
  }
}

/** Whether a file of a version has a hash of this type that begins with these digits. A few AutoV3 have 64 digits. */
function hasHash(version: ModelVersion, type: string, digits: string): boolean {
  return version.files.some(({ hashes }) => hashes.get(type)?.toUpperCase().startsWith(digits));
}

/** Whether a name is that of a version, its model or one of its files. */
function isNamed({ files, model, name }: ModelVersion, expected: string | undefined): boolean {
  if (expected === undefined) return false;
  const titles = [model?.name ?? '', `${model?.name ?? ''} ${name}`];
  const key = lettersOf(nameKey(expected));
  const keys = [...files.map((file) => nameKey(file.name)), ...titles].map(lettersOf);
  return key !== '' && keys.includes(key);
}

/** Tools and the server replace other characters in names. */
function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function notFound({ hash }: HashReference): string {
  return `Civitai has no file with the hash ${hash}`;
}

function summarize(outcomes: readonly Outcome[]): Resolution {
  const found = new Map<number, FoundVersion>();
  for (const outcome of outcomes) {
    if (!('versionId' in outcome)) continue;
    const same = found.get(outcome.versionId);
    found.set(
      outcome.versionId,
      same ? { ...outcome, ...same, modelId: same.modelId ?? outcome.modelId } : outcome,
    );
  }
  // Tools write several hashes of one file, of which the site may have one only.
  const names = new Set(outcomes.flatMap((one) => ('versionId' in one ? [keyOf(one.reference)] : [])));
  const unresolved = new Map<string, UnresolvedReference>();
  for (const outcome of outcomes) {
    const key = keyOf(outcome.reference);
    if ('versionId' in outcome || names.has(key) || unresolved.has(key)) continue;
    const { reference, ...problem } = outcome;
    unresolved.set(key, { name: displayName(reference), ...problem });
  }
  return { found: [...found.values()], unresolved: [...unresolved.values()] };
}

function keyOf(reference: Reference): string {
  return nameKey(displayName(reference));
}

function displayName(reference: Reference): string {
  return reference.name ?? (reference.kind === 'hash' ? reference.hash : String(reference.kind));
}
