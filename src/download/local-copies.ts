import type { Cache } from '../cache/cache.js';
import { type CachedFile, type CacheKey, idsInName } from '../cache/entry.js';
import type { ModelFile } from '../civitai/model.js';
import { type Checksums, expectedChecksum, type Verification } from '../disk/checksum/checksum.js';
import { isSizeClose, matchesFile } from '../disk/checksum/verify-file.js';
import { type Fingerprint, fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import type { LocalFile } from '../transfer/local-copy.js';
import type { TransferTarget } from '../transfer/request.js';
import type { RunContext } from './context.js';
import type { FileOrigin } from './events.js';
import type { ModelFileTask } from './plan.js';

/** A file on disk with the bytes of a model file; unverified if it is trusted for its size. */
export interface LocalCopy extends LocalFile {
  readonly verified: Verification | undefined;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number | undefined;
}

/** A published size is rarely more than a tenth off. */
const MAX_SIZE_ERROR = 0.2;

export function checksumsOf(file: ModelFile): Checksums {
  const { hashes } = file;
  return { sha256: hashes.get('SHA256'), blake3: hashes.get('BLAKE3'), crc32: hashes.get('CRC32') };
}

/** Identifies the content of a file in the record of its part file. */
export function fileKeyOf({ id }: ModelFile): string {
  return `civitai file ${id}`;
}

export function transferTarget(task: ModelFileTask, size: number | undefined): TransferTarget {
  const { file, target, mustBeFree } = task;
  // A published size of 0 is a size that nobody measured.
  return { target, fileKey: fileKeyOf(file), size: size || undefined, mustBeFree, ...checksumsOf(file) };
}

/** Predicts where a model file will be taken from, without reading any file. */
export async function predictOrigin(
  { file, target }: ModelFileTask,
  { options, cache }: RunContext,
): Promise<FileOrigin> {
  if (options.modelOverwrite) return 'network';
  const state = fingerprint(target);
  if (state) {
    if (options.strictMode === 0 || (await findVerified(file, target, state, cache))) return 'present';
    if (mayHaveSize(state.size, file)) return 'unchecked';
  }
  const copy = await findReusable({ id: file.id, sha256: file.hashes.get('SHA256') }, { options, cache });
  return copy ? 'cache' : 'network';
}

/** Finds a copy of a file by the index, without reading it. */
export async function findReusable(
  { id, sha256 }: { readonly id: number; readonly sha256: string | undefined },
  { options, cache }: Pick<RunContext, 'options' | 'cache'>,
): Promise<CachedFile | undefined> {
  for (const known of cache ? await filesOf({ fileId: id, sha256 }, cache) : []) {
    const current = fingerprint(known.path);
    const isTrusted = options.strictMode === 0 && current?.size === known.size;
    if (isTrusted || (known.sha256 === sha256 && sameFingerprint(known, current))) return known;
  }
  return undefined;
}

/** Published sizes are estimates, so if there is a checksum, it has to decide about a file of nearly this size. */
export function mayHaveSize(size: number, file: ModelFile): boolean {
  if (!file.size) return true;
  if (!expectedChecksum(checksumsOf(file))) return isSizeClose(size, file.size);
  return Math.abs(size - file.size) <= file.size * MAX_SIZE_ERROR;
}

/** Returns the files that the index has for a model file: by its SHA256, and by its id if no SHA256 was known. */
export async function knownFiles({ id, hashes }: ModelFile, cache: Cache): Promise<readonly CachedFile[]> {
  return filesOf({ fileId: id, sha256: hashes.get('SHA256') }, cache);
}

async function filesOf({ fileId, sha256 }: CacheKey, cache: Cache): Promise<readonly CachedFile[]> {
  const byHash = sha256 ? await cache.find({ sha256 }) : [];
  return [...byHash, ...(await cache.find({ fileId }))];
}

/** Whether an earlier run has checked a file by the SHA256 that the server names now. */
function hasExpectedHash({ sha256 }: CachedFile, file: ModelFile): boolean {
  return sha256 === file.hashes.get('SHA256');
}

/** Returns the entry of a path, if the file was verified and has not changed since. */
export async function findVerified(
  file: ModelFile,
  path: string,
  state: Fingerprint,
  cache: Cache | undefined,
): Promise<CachedFile | undefined> {
  const known = cache ? await knownFiles(file, cache) : [];
  return known.find((one) => one.path === path && hasExpectedHash(one, file) && sameFingerprint(one, state));
}

interface CheckedFile {
  readonly verified: Verification;
  readonly checkedAt: number;
  /** A name with ids overrides them. */
  readonly modelId?: number | undefined;
  readonly versionId?: number | undefined;
}

/** Records a verified file, unless it has changed since it was in the given state. */
export async function recordVerified(
  file: ModelFile,
  path: string,
  checked: CheckedFile,
  cache: Cache | undefined,
  state?: Fingerprint,
): Promise<void> {
  const current = fingerprint(path);
  if (!current || (state && !sameFingerprint(state, current))) return;
  const ids = { fileId: file.id, ...idsInName(path) };
  await cache?.put({ path, ...current, sha256: file.hashes.get('SHA256'), ...checked, ...ids });
}

/** Checks that a file of the index still has its bytes, and otherwise removes it from the index. */
export async function revalidate(
  known: CachedFile,
  file: ModelFile,
  { options, signal, cache, runtime }: RunContext,
): Promise<LocalCopy | undefined> {
  const { path, size, modelId, versionId } = known;
  const forget = async (why: string) => {
    await cache?.remove(known, why);
    return undefined;
  };
  const state = fingerprint(path);
  if (!state) return forget('is gone');
  if (hasExpectedHash(known, file) && sameFingerprint(known, state))
    return { path, state, verified: known.verified, checkedAt: known.checkedAt };
  if (state.size !== size) return forget('has another size now');
  if (options.strictMode === 0) return { path, state, verified: undefined, checkedAt: undefined };
  const matching = await matchesFile(path, checksumsOf(file), signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return forget(`cannot be read (${error})`);
  });
  const verified = matching?.verified;
  if (verified === undefined || verified === 'size') return forget('has other bytes now');
  const checkedAt = runtime.now();
  await recordVerified(file, path, { verified, checkedAt, modelId, versionId }, cache, state);
  return { path, state, verified, checkedAt };
}
