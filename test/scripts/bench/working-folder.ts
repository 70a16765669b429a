import { execFileSync } from 'node:child_process';
import { mkdtemp, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { GIB } from './options.js';

/** A folder of the benchmark's own, which it removes at its end. */
export interface WorkingFolder {
  readonly folder: string;
  /** Name of the file system's type. */
  readonly fileSystem: string;
}

const MEMORY_FOLDER = '/dev/shm';
const MEMORY_FILE_SYSTEMS = ['tmpfs', 'ramfs'];
/** Memory for programs. */
const SPARE_BYTES = 2 * GIB;

/**
 * Makes the folder in memory if there is enough, because a disk would dominate the results; else in the temporary folder.
 * @param needed bytes of all files that exist at one time
 * @throws Error if they fit nowhere
 */
export async function makeWorkingFolder(needed: number, chosen: string | undefined): Promise<WorkingFolder> {
  return makeWorkingFolderIn(chosen ?? ((await fitsInMemory(needed)) ? MEMORY_FOLDER : tmpdir()), needed);
}

/**
 * Makes a folder in the temporary folder; undefined if that is in memory.
 * @throws Error if the files do not fit
 */
export async function makeDiskWorkingFolder(needed: number): Promise<WorkingFolder | undefined> {
  if (MEMORY_FILE_SYSTEMS.includes(fileSystemOf(tmpdir()))) return undefined;
  return makeWorkingFolderIn(tmpdir(), needed);
}

async function makeWorkingFolderIn(parent: string, needed: number): Promise<WorkingFolder> {
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
