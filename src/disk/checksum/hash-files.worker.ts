import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { errnoCode } from '../errors.js';

export type HashResult = { readonly sha256: string } | HashFailure;

/** The parts of a system error that survive a message. */
export interface HashFailure {
  readonly code: string | undefined;
  readonly message: string;
}

export interface HashTask {
  /** One number: the bytes read by all threads. */
  readonly bytesRead: BigInt64Array;
}

/** Small enough to stay in the core's cache until it is hashed. */
const READ_BYTES = 256 * 1024;

const { bytesRead } = workerData as HashTask;
const block = Buffer.allocUnsafeSlow(READ_BYTES);

function hash(path: string): string {
  // A FIFO in the place of the file would be waited for.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const sha256 = createHash('sha256');
    for (let count = readSync(descriptor, block); count > 0; count = readSync(descriptor, block)) {
      sha256.update(block.subarray(0, count));
      Atomics.add(bytesRead, 0, BigInt(count));
    }
    return sha256.digest('hex').toUpperCase();
  } finally {
    closeSync(descriptor);
  }
}

function tryHash(path: string): HashResult {
  try {
    return { sha256: hash(path) };
  } catch (error) {
    return { code: errnoCode(error), message: String(error) };
  }
}

parentPort?.on('message', (path: string) => parentPort?.postMessage(tryHash(path)));
