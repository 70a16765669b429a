import { closeSync, existsSync, fstatSync, openSync, statSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { readTextIfExists, removeIfExists } from '../disk/files.js';
import { type CachedFile, formatLine, type IndexLine, parseLine } from './entry.js';

/** A part of the index, as it is in its file. */
interface Shard {
  /** What its lines say in the end, the newest first. */
  readonly lines: readonly FileLine[];
  /** Lines of the file, those among them that hold no longer. */
  readonly count: number;
  /** Lines that make no sense. */
  readonly broken: number;
  /** Whether its last line was cut off, or is being written right now. */
  readonly isTorn: boolean;
}

type FileLine = Extract<IndexLine, { file: CachedFile }>;

/** Lines that hold no longer and may stay, besides as many as there are others. */
const SLACK = 32;
/** Nobody tidies up a file so often that a line finds no place. */
const MAX_TRIES = 100;

/**
 * @param key looks at its lines only, which among hundreds of others is a matter of speed
 * @returns an empty one where there is no file
 * @throws FileSystemError
 */
export async function readShard(path: string, key = ''): Promise<Shard> {
  const newer = readText(path);
  return parseShard(readText(rotatedPath(path)) + newer, key);
}

/**
 * Adds a line to a shard, unless it says so already: in one write that the system puts behind those of all other
 * processes. A shard that wants tidying up is left to `tidyShard`.
 * @returns whether it wants that
 * @throws FileSystemError
 */
export async function addLine(path: string, line: IndexLine): Promise<boolean> {
  const shard = await readShard(path);
  if (!isCurrent(shard, line)) await append(path, (shard.isTorn ? '\n' : '') + formatLine(line));
  return shard.broken > 0 || shard.count > 2 * shard.lines.length + SLACK;
}

/**
 * Takes out what holds no longer, while others go on adding lines. Only one process may do that at a time. The file goes
 * aside first, where readers still look for it: who adds a line to it afterwards sees that, and adds it anew.
 * @returns how many broken lines were found, and where the file with them is now
 * @throws FileSystemError
 */
export async function compactShard(
  path: string,
): Promise<{ readonly broken: number; readonly kept: string }> {
  const aside = rotatedPath(path);
  const kept = `${path}.broken`;
  try {
    // Where somebody was cut off in the middle of this, there is one already.
    if (readText(aside) === '' && !(await rotate(path))) return { broken: 0, kept };
    const { lines, broken } = parseShard(readText(aside), '');
    await append(path, ['\n', ...lines.toReversed().map(formatLine)].join(''));
    if (broken > 0) await rename(aside, kept);
    else removeIfExists(aside);
    return { broken, kept };
  } catch (error) {
    throw toFileSystemError(error, path, 'write');
  }
}

/** Removes a shard with all that belongs to it. */
export function removeShard(path: string): void {
  for (const name of [rotatedPath(path), `${path}.broken`, path]) {
    try {
      removeIfExists(name);
    } catch (error) {
      throw toFileSystemError(error, name, 'remove');
    }
  }
}

/** Returns whether there was anything; somebody else may have forgotten all. */
async function rotate(path: string): Promise<boolean> {
  return rename(path, rotatedPath(path)).then(
    () => true,
    (error: unknown) => {
      if (errnoCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

function rotatedPath(path: string): string {
  return `${path}.old`;
}

function readText(path: string): string {
  // Most shards are missing, and a check is cheaper than an error.
  return (existsSync(path) && readTextIfExists(path)) || '';
}

function parseShard(text: string, key: string): Shard {
  const written = text.split('\n');
  // What follows the last end of a line is no line yet.
  const isTorn = written.pop() !== '';
  const wanted = written.filter((line) => line !== '' && line.includes(key));
  const valid = wanted.map(parseLine).filter((line) => line !== undefined);
  const said = new Map<string, IndexLine>();
  for (const line of valid) {
    const name = nameOf(line);
    if ((said.get(name)?.at ?? 0) > line.at) continue;
    // Of two that were said in one millisecond, the later one is the newer one.
    said.delete(name);
    said.set(name, line);
  }
  const lines = [...said.values()].filter((line): line is FileLine => 'file' in line).reverse();
  return {
    lines: lines.sort((one, other) => other.at - one.at),
    count: wanted.length,
    broken: wanted.length - valid.length,
    isTorn,
  };
}

/** Adds a text to a file in one write, and once more where the file was put aside or removed meanwhile. */
async function append(path: string, text: string): Promise<void> {
  try {
    for (let tries = 0; tries < MAX_TRIES; tries++) if (appendOnce(path, text)) return;
  } catch (error) {
    throw toFileSystemError(error, path, 'write');
  }
}

function appendOnce(path: string, text: string): boolean {
  const file = openSync(path, 'a', 0o600);
  try {
    writeFileSync(file, text);
    const written = fstatSync(file, { bigint: true });
    return written.ino === statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
  } finally {
    closeSync(file);
  }
}

function isCurrent(shard: Shard, line: IndexLine): boolean {
  const said = shard.lines.find((other) => nameOf(other) === nameOf(line));
  if (!('file' in line)) return said === undefined;
  return said !== undefined && formatLine({ ...said, at: line.at }) === formatLine(line);
}

function nameOf(line: IndexLine): string {
  return `${line.key} ${'file' in line ? line.file.path : line.gone}`;
}
