import { createHash, randomFillSync } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from './options.js';

/** `random` for verified downloads; `sparse` takes no space, for files whose size alone matters. */
export type SampleKind = 'random' | 'sparse';

/** A file that the server has. */
export interface Sample {
  readonly name: string;
  readonly kind: SampleKind;
  /** In bytes. */
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

/** Not `.safetensors`, since civitdl checks the first bytes of these. */
const NAME = 'sample.ckpt';
const STEP_BYTES = 4 * MIB;

/** Returns a function that makes a sample, and removes the one before. */
export function createSamples(folder: string, signal: AbortSignal) {
  let current: Sample | undefined;

  return async (kind: SampleKind, size: number): Promise<Sample> => {
    if (current?.kind === kind && current.size === size) return current;
    const path = join(folder, NAME);
    await rm(path, { force: true });
    const sha256 = await makeFile(path, kind, size, signal);
    current = { name: NAME, kind, size, sha256 };
    return current;
  };
}

/** Makes a file and returns its SHA256 in hex. */
export async function makeFile(
  path: string,
  kind: SampleKind,
  size: number,
  signal: AbortSignal,
): Promise<string> {
  const file = await open(path, 'wx');
  try {
    await file.truncate(size);
    const fill = kind === 'random' ? fillRandomly : async () => {};
    return await hashWhileFilling(file, size, fill, signal);
  } finally {
    await file.close();
  }
}

type Fill = (file: FileHandle, bytes: Buffer, position: number) => Promise<void>;

async function fillRandomly(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  randomFillSync(bytes);
  await file.write(bytes, 0, bytes.length, position);
}

async function hashWhileFilling(
  file: FileHandle,
  size: number,
  fill: Fill,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  const block = Buffer.alloc(STEP_BYTES);
  for (let position = 0; position < size; position += STEP_BYTES) {
    signal.throwIfAborted();
    const bytes = block.subarray(0, Math.min(STEP_BYTES, size - position));
    await fill(file, bytes, position);
    hash.update(bytes);
    await new Promise(setImmediate);
  }
  return hash.digest('hex');
}
