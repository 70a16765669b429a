import { createHash, randomFillSync } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from './options.js';

/** `random` for bytes that are checked; `sparse` needs no space, for files whose size alone matters. */
export type SampleKind = 'random' | 'sparse';

export interface Sample {
  readonly name: string;
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

/** A sample on the server. */
export interface ServedFile extends Sample {
  readonly url: string;
}

export interface SampleSet {
  readonly kind: SampleKind;
  readonly count: number;
  /** Bytes of each. */
  readonly size: number;
}

const BLOCK_BYTES = 4 * MIB;

/** Returns a function that makes files in a folder, in place of those it made before, so that only one set needs space. */
export function createSamples(folder: string, signal: AbortSignal) {
  let current: SampleSet | undefined;
  let samples: Sample[] = [];

  return async ({ kind, count, size }: SampleSet): Promise<readonly Sample[]> => {
    if (current?.kind === kind && current.count === count && current.size === size) return samples;
    for (const { name } of samples) await rm(join(folder, name));
    samples = [];
    for (let index = 0; index < count; index++) {
      // Not `.safetensors`, whose first bytes civitdl checks.
      const name = `sample-${index}.ckpt`;
      samples.push({ name, size, sha256: await makeFile(join(folder, name), kind, size, signal) });
    }
    current = { kind, count, size };
    return samples;
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
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let position = 0; position < size; position += BLOCK_BYTES) {
    signal.throwIfAborted();
    const bytes = block.subarray(0, Math.min(BLOCK_BYTES, size - position));
    await fill(file, bytes, position);
    hash.update(bytes);
    await new Promise(setImmediate);
  }
  return hash.digest('hex');
}
