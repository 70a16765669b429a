import { stat } from 'node:fs/promises';
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

/**
 * Checks a file on disk in one pass.
 * @throws ContentError `wrong-checksum`, FileSystemError, or the signal's reason
 */
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

/** What is known of a file before any byte of it is there. */
interface KnownFile extends Checksums {
  /** Bytes, if known. */
  readonly size?: number | undefined;
}

/**
 * Whether a file on disk is the one that is meant.
 * @returns what says so; undefined where it is another one, or there is none
 * @throws FileSystemError, or the signal's reason
 */
export async function matchesFile(
  path: string,
  known: KnownFile,
  signal: AbortSignal,
): Promise<Verification | undefined> {
  const stats = statIfExists(path);
  if (!stats?.isFile()) return undefined;
  if (known.size !== undefined && stats.size !== known.size) return undefined;
  try {
    return await verifyFile(path, known, signal);
  } catch (error) {
    if (error instanceof ContentError) return undefined;
    throw error;
  }
}

async function hashFile(path: string, algorithm: Algorithm, signal: AbortSignal): Promise<string> {
  const { size } = await stat(path);
  signal.throwIfAborted();
  const running = createHashFollower({ path, algorithm }, size);
  try {
    return await running.finish(size, signal);
  } finally {
    await running.close();
  }
}
