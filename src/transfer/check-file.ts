import { stat } from 'node:fs/promises';
import { fileFailure } from '../file-failure.js';
import {
  type Algorithm,
  type Checksums,
  checkChecksum,
  expectedChecksum,
  type Verification,
} from './checksum.js';
import { createFrontChecksum } from './front-checksum.js';

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

async function digestOf(path: string, algorithm: Algorithm, signal: AbortSignal): Promise<string> {
  const { size } = await stat(path);
  signal.throwIfAborted();
  const running = createFrontChecksum({ path, algorithm }, size);
  try {
    return await Promise.race([running.finish(size), aborted(signal)]);
  } finally {
    await running.close();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
