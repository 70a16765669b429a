import { execFileSync } from 'node:child_process';
import { mkdtemp, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { GIB } from './options.js';

/** A temporary folder of the benchmark. */
export interface WorkingFolder {
  readonly folder: string;
  /** The type of the file system. */
  readonly fileSystem: string;
}

const MEMORY_FOLDER = '/dev/shm';
/** For the memory of the programs. */
const SPARE_BYTES = 2 * GIB;

/**
 * Makes the folder in memory if it has enough space, since otherwise the disk is measured, or in the temporary folder.
 * @param needed bytes of all files that exist at the same time
 * @throws Error if the space is not enough
 */
export async function makeWorkingFolder(needed: number, chosen: string | undefined): Promise<WorkingFolder> {
  const parent = chosen ?? ((await fitsInMemory(needed)) ? MEMORY_FOLDER : tmpdir());
  const free = await freeBytes(parent);
  if (free < needed) {
    throw new Error(
      `${parent} has ${gib(free)} GiB free, but ${gib(needed)} are needed: see --size, --only and --dir.`,
    );
  }
  const folder = await mkdtemp(join(parent, 'civitdl-bench-'));
  return { folder, fileSystem: fileSystemOf(folder) };
}

async function fitsInMemory(needed: number): Promise<boolean> {
  return Math.min(await freeBytes(MEMORY_FOLDER), freemem()) >= needed + SPARE_BYTES;
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize;
}

function fileSystemOf(folder: string): string {
  return execFileSync('stat', ['-f', '-c', '%T', folder], { encoding: 'utf8' }).trim();
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}
