import { stat } from 'node:fs/promises';
import { ContentError } from '../../errors.js';
import { fileFailure } from '../errors.js';
import {
  type Algorithm,
  type Checksums,
  checkChecksum,
  expectedChecksum,
  type Verification,
} from './checksum.js';
import { createFrontChecksum } from './hash-follower.js';

/**
 * Checks a file on disk in one pass.
 * @throws ContentError `wrong-checksum`, FileSystemError, or the signal's reason
 */
export async function checkFile(
  path: string,
  expected: Checksums,
  signal: AbortSignal,
): Promise<Verification> {
  const checksum = expectedChecksum(expected);
  if (!checksum) return 'size';
  const { algorithm, value } = checksum;
  try {
    checkChecksum(path, algorithm, value, await digestOf(path, algorithm, signal));
    return algorithm;
  } catch (error) {
    throw fileFailure(error, path, 'read');
  }
}

/** What is known of a file before any byte of it is there. */
interface Known extends Checksums {
  /** Bytes, if known. */
  readonly size?: number | undefined;
}

/**
 * Whether a file on disk is the one that is meant.
 * @returns what says so; undefined where it is another one, or there is none
 * @throws FileSystemError, or the signal's reason
 */
export async function recognizeFile(
  path: string,
  known: Known,
  signal: AbortSignal,
): Promise<Verification | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  if (known.size !== undefined && stats.size !== known.size) return undefined;
  try {
    return await checkFile(path, known, signal);
  } catch (error) {
    if (error instanceof ContentError) return undefined;
    throw error;
  }
}

async function digestOf(path: string, algorithm: Algorithm, signal: AbortSignal): Promise<string> {
  const { size } = await stat(path);
  signal.throwIfAborted();
  const running = createFrontChecksum({ path, algorithm }, size);
  try {
    return await running.finish(size, signal);
  } finally {
    await running.close();
  }
}
