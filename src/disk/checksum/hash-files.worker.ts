import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { errnoCode } from '../errors.js';

/** What the thread answers to a path. */
export type HashResult =
  /** SHA256 in upper case. */
  | { readonly sha256: string }
  /** The system's error, of which a message keeps no more than this. */
  | { readonly code: string | undefined; readonly message: string };

/** What the thread is started with. */
export interface HashTask {
  /** One number: bytes that were read, by all threads together. */
  readonly read: BigInt64Array;
}

/** Bytes that are read at a time: so few that they are still in the core's own memory when they are hashed. */
const STEP = 256 * 1024;

const { read } = workerData as HashTask;
const block = Buffer.allocUnsafeSlow(STEP);

function hash(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    const sha256 = createHash('sha256');
    for (let count = readSync(descriptor, block); count > 0; count = readSync(descriptor, block)) {
      sha256.update(block.subarray(0, count));
      Atomics.add(read, 0, BigInt(count));
    }
    return sha256.digest('hex').toUpperCase();
  } finally {
    closeSync(descriptor);
  }
}

function answer(path: string): HashResult {
  try {
    return { sha256: hash(path) };
  } catch (error) {
    return { code: errnoCode(error), message: String(error) };
  }
}

parentPort?.on('message', (path: string) => parentPort?.postMessage(answer(path)));
