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
  readonly size?: number | undefined;
}

/** Verifies a file on disk by size and checksum; returns undefined if it is missing or differs. @throws FileSystemError */
export async function matchesFile(
  path: string,
  expected: ExpectedContent,
  signal: AbortSignal,
): Promise<Verification | undefined> {
  const stats = statIfExists(path);
  if (!stats?.isFile()) return undefined;
  if (expected.size !== undefined && stats.size !== expected.size) return undefined;
  try {
    return await verifyFile(path, expected, signal);
  } catch (error) {
    if (error instanceof ContentError) return undefined;
    throw error;
  }
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
