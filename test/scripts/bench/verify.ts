import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from './sample.js';

/**
 * Checks that the sample is in a folder, under any name.
 * @param whole whether to compare its bytes, in addition to its size
 * @throws Error if it is missing or wrong
 */
export async function verify(folder: string, sample: Sample, name: string, whole: boolean): Promise<void> {
  const found = await filesOfSize(folder, sample.size);
  const [path] = found;
  if (found.length !== 1 || path === undefined)
    throw new Error(`${name} left ${found.length} files of ${sample.size} bytes instead of one.`);
  if (whole && (await sha256(path)) !== sample.sha256) throw new Error(`${name} left other bytes.`);
}

async function filesOfSize(folder: string, size: number): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  return files.filter((_path, index) => sizes[index] === size);
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(piece);
  return hash.digest('hex');
}
