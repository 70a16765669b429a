import type { Cache } from '../cache/cache.js';
import type { CachedFile } from '../cache/entry.js';
import { idsInName } from '../cache/entry.js';
import type { ModelFile } from '../civitai/model.js';
import type { Checksums, Verification } from '../disk/checksum/checksum.js';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { type Fingerprint, fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import type { Options } from '../options.js';
import type { LocalFile } from '../transfer/local-copy.js';

export interface LocalCopyDeps {
  /** Where files are remembered; undefined where none are to be. */
  readonly cache: Cache | undefined;
  readonly options: Pick<Options, 'strictMode'>;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A file on disk with the server's bytes, or one that is trusted to have them: then `verified` is undefined. */
export interface LocalCopy extends LocalFile {
  readonly verified: Verification | undefined;
  /** Milliseconds since the epoch; undefined where nothing was verified. */
  readonly checkedAt: number | undefined;
}

export function checksumsOf(file: ModelFile): Checksums {
  return { sha256: file.hashes.get('SHA256'), crc32: file.hashes.get('CRC32') };
}

/** All files that are said to be a model file: by its SHA256, and by its id where nobody knew that. */
export async function knownFiles(file: ModelFile, cache: Cache): Promise<readonly CachedFile[]> {
  const sha256 = file.hashes.get('SHA256');
  const byHash = sha256 ? await cache.find({ sha256 }) : [];
  return [...byHash, ...(await cache.find({ fileId: file.id }))];
}

/** Whether an earlier run has verified just what has to be verified. */
export function hasExpectedHash({ sha256 }: CachedFile, file: ModelFile): boolean {
  return sha256 === file.hashes.get('SHA256');
}

/** What is known of the file under a path, if it has not been changed since. */
export async function findVerified(
  file: ModelFile,
  path: string,
  state: Fingerprint,
  cache: Cache | undefined,
): Promise<CachedFile | undefined> {
  const known = cache ? await knownFiles(file, cache) : [];
  return known.find((one) => one.path === path && hasExpectedHash(one, file) && sameFingerprint(one, state));
}

/**
 * Notes that the file under a path is a model file.
 * @param checked by what, and when in milliseconds since the epoch
 * @param seen the state in which it was checked; it is not noted where it has been changed since
 */
export async function recordVerified(
  file: ModelFile,
  path: string,
  checked: { readonly verified: Verification; readonly checkedAt: number },
  cache: Cache | undefined,
  seen?: Fingerprint,
): Promise<void> {
  const state = fingerprint(path);
  if (!state || (seen && !sameFingerprint(seen, state))) return;
  const ids = { fileId: file.id, ...idsInName(path) };
  await cache?.put({ path, ...state, sha256: file.hashes.get('SHA256'), ...checked, ...ids });
}

/**
 * Looks whether a file that the index knows is what it was. One that was touched is read again; one that is gone, or has
 * other bytes, is forgotten.
 */
export async function revalidate(
  known: CachedFile,
  file: ModelFile,
  deps: LocalCopyDeps & { readonly cache: Cache },
): Promise<LocalCopy | undefined> {
  const { path, size } = known;
  const state = fingerprint(path);
  if (!state) return forget(known, 'is gone', deps);
  if (hasExpectedHash(known, file) && sameFingerprint(known, state))
    return { path, state, verified: known.verified, checkedAt: known.checkedAt };
  if (state.size !== size) return forget(known, 'has another size now', deps);
  if (deps.options.strictMode === 0) return { path, state, verified: undefined, checkedAt: undefined };
  const verified = await matchesFile(path, checksumsOf(file), deps.signal).catch((error: unknown) => {
    deps.signal.throwIfAborted();
    return forget(known, `can't be read (${error})`, deps);
  });
  if (verified === undefined || verified === 'size') return forget(known, 'has other bytes now', deps);
  const checkedAt = deps.now();
  await recordVerified(file, path, { verified, checkedAt }, deps.cache, state);
  return { path, state, verified, checkedAt };
}

async function forget(known: CachedFile, why: string, { cache }: { cache: Cache }): Promise<undefined> {
  await cache.remove(known, why);
}
