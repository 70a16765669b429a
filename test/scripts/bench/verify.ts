import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from './sample.js';

/**
 * Checks that a folder contains the samples, all of one size, under any names.
 * @param whole whether to compare their bytes, too
 * @throws Error if it does not
 */
export async function verify(
  folder: string,
  samples: readonly Sample[],
  name: string,
  whole: boolean,
): Promise<void> {
  const size = samples[0]?.size ?? 0;
  const found = await filesOfSize(folder, size);
  if (found.length !== samples.length)
    throw new Error(`${name} left ${found.length} files of ${size} bytes instead of ${samples.length}.`);
  if (!whole) return;
  const hashes = new Set<string>();
  for (const path of found) hashes.add(await sha256(path));
  if (samples.some((sample) => !hashes.has(sample.sha256))) throw new Error(`${name} left other bytes.`);
}

async function filesOfSize(folder: string, size: number): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  return files.filter((_path, index) => sizes[index] === size);
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}
