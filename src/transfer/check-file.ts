import { stat } from 'node:fs/promises';
import { fileFailure } from '../file-failure.js';
import { type Checksums, checkChecksum, expectedChecksum, type Verification } from './checksum.js';
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
  const { size } = await stat(path);
  const running = createFrontChecksum({ path, algorithm: checksum.algorithm }, size);
  try {
    const found = await Promise.race([running.finish(size), aborted(signal)]);
    checkChecksum(path, checksum.algorithm, checksum.value, found);
    return checksum.algorithm;
  } catch (error) {
    throw fileFailure(error, path, 'read');
  } finally {
    await running.close();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
