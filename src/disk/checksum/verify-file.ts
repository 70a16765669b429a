import { realpath, stat } from 'node:fs/promises';
import { ContentError } from '../../errors.js';
import { toFileSystemError } from '../errors.js';
import { statIfExists } from '../files.js';
import {
  type Algorithm,
  assertChecksum,
  type Checksums,
  expectedChecksum,
  type Verification,
} from './checksum.js';
import { createHashFollower } from './hash-follower.js';

/** Verifies a file on disk by its best checksum. @throws ContentError with code `wrong-checksum`, FileSystemError */
export async function verifyFile(
  path: string,
  expected: Checksums,
  signal: AbortSignal,
): Promise<Verification> {
  const checksum = expectedChecksum(expected);
  if (!checksum) return 'size';
  const { algorithm, value } = checksum;
  try {
    assertChecksum(path, algorithm, value, await hashFile(path, algorithm, signal));
    return algorithm;
  } catch (error) {
    throw toFileSystemError(error, path, 'read');
  }
}

interface ExpectedContent extends Checksums {
  /** An estimate, for files without a checksum. */
  readonly size?: number | undefined;
}

/** A file that has the expected content as far as this can be checked. */
export interface MatchingFile {
  /** Undefined if neither checksum nor size is known. */
  readonly verified: Verification | undefined;
}

/**
 * Verifies a file on disk by its best checksum, or else by its size; returns undefined if it is missing or differs.
 * @throws FileSystemError
 */
export async function matchesFile(
  path: string,
  expected: ExpectedContent,
  signal: AbortSignal,
): Promise<MatchingFile | undefined> {
  const stats = statIfExists(path);
  if (!stats?.isFile()) return undefined;
  if (!expectedChecksum(expected)) {
    if (expected.size === undefined) return { verified: undefined };
    return isSizeClose(stats.size, expected.size) ? { verified: 'size' } : undefined;
  }
  try {
    return { verified: await verifyFile(path, expected, signal) };
  } catch (error) {
    if (error instanceof ContentError) return undefined;
    throw error;
  }
}

/** Bytes by which a size in KiB with two decimals can be off. */
const ROUNDING_BYTES = 6;

/** Whether a size is the estimated one, apart from the rounding of a size in KiB. */
export function isSizeClose(size: number, estimate: number): boolean {
  return Math.abs(size - estimate) <= ROUNDING_BYTES;
}

async function hashFile(path: string, algorithm: Algorithm, signal: AbortSignal): Promise<string> {
  const { size } = await stat(path);
  signal.throwIfAborted();
  // Some network drives cannot resolve paths.
  const file = await realpath(path).catch(() => path);
  const follower = createHashFollower({ path: file, algorithm }, size);
  try {
    return await follower.finish(size, signal);
  } finally {
    await follower.close();
  }
}
