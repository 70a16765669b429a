import { closeSync, constants, fstatSync, openSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { type BusyOptions, retryWhileBusy } from '../disk/busy.js';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { removeIfExists } from '../disk/files.js';
import { DIRECT, isSameFile, notFileError, readPlainText } from '../disk/plain-file.js';
import { FileSystemError } from '../errors.js';

/** A line of an index. The newest line of a key and subject counts. */
export interface ShardLine {
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The text of the lines of an index. */
export interface LineFormat<Line extends ShardLine, Entry extends Line = Line> {
  /** Formats equal lines as equal texts. */
  format(line: Line): string;
  /** Returns undefined for a corrupt line. */
  parse(text: string): Line | undefined;
  /** Tells the lines of one key apart; a newer line replaces an older one. */
  subjectOf(line: Line): string;
  /** Whether a line adds something to the index; others remove it. */
  isEntry(line: Line): line is Entry;
  /** Whether to keep an entry when its shard is compacted; all by default. */
  isOfUse?(entry: Entry): boolean;
}

export interface Shard<Entry> {
  /** Current lines, the newest first. */
  readonly lines: readonly Entry[];
  /** Includes stale and corrupt lines. */
  readonly count: number;
  readonly corrupt: number;
  /** Whether the last line is incomplete. */
  readonly isTorn: boolean;
}

const MAX_EXTRA_STALE_LINES = 32;
const MAX_APPEND_TRIES = 100;
const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;

/** Reads the lines of a shard that contain a key; none if it is missing. @throws FileSystemError */
export function readShard<Line extends ShardLine, Entry extends Line>(
  path: string,
  format: LineFormat<Line, Entry>,
  key = '',
): Shard<Entry> {
  // Before the rotated file, since a rotation in between moves lines there.
  const newer = readText(path);
  return parseShard(readText(rotatedPath(path)) + newer, format, key);
}

/** Adds a line, unless it is current. Returns whether the shard needs compaction. @throws FileSystemError */
export function addLine<Line extends ShardLine, Entry extends Line>(
  path: string,
  line: Line,
  format: LineFormat<Line, Entry>,
): boolean {
  const shard = readShard(path, format);
  if (!isCurrent(shard, line, format)) append(path, (shard.isTorn ? '\n' : '') + format.format(line));
  return shard.corrupt > 0 || shard.count > 2 * shard.lines.length + MAX_EXTRA_STALE_LINES;
}

/**
 * Drops stale and corrupt lines, while other processes add lines. The caller holds a lock. The file is rotated first: readers
 * read both files, and a process that adds a line to the old one notices, and adds it again.
 * @returns the number of corrupt lines, and the path of the file that has them now
 * @throws FileSystemError
 */
export async function compactShard<Line extends ShardLine, Entry extends Line>(
  path: string,
  format: LineFormat<Line, Entry>,
  options: BusyOptions = {},
): Promise<{ readonly corrupt: number; readonly kept: string }> {
  const rotated = rotatedPath(path);
  const kept = keptPath(path);
  try {
    // An interrupted compaction has left a rotated file.
    if (readText(rotated) === '' && !(await rotate(path, options))) return { corrupt: 0, kept };
    const { lines, corrupt } = parseShard(readText(rotated), format);
    const useful = lines.filter((line) => format.isOfUse?.(line) ?? true);
    append(path, ['\n', ...useful.toReversed().map((line) => format.format(line))].join(''));
    await retryWhileBusy(
      rotated,
      () => (corrupt > 0 ? rename(rotated, kept) : removeIfExists(rotated)),
      options,
    );
    return { corrupt, kept };
  } catch (error) {
    throw toFileSystemError(error, path, 'write');
  }
}

export function removeShard(path: string): void {
  for (const file of [rotatedPath(path), keptPath(path), path]) {
    try {
      removeIfExists(file);
    } catch (error) {
      throw toFileSystemError(error, file, 'remove');
    }
  }
}

async function rotate(path: string, options: BusyOptions): Promise<boolean> {
  try {
    await retryWhileBusy(path, () => rename(path, rotatedPath(path)), options);
    return true;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function rotatedPath(path: string): string {
  return `${path}.old`;
}

function keptPath(path: string): string {
  return `${path}.broken`;
}

function readText(path: string): string {
  try {
    const text = readPlainText(path);
    if (text !== undefined) return text;
  } catch (error) {
    throw toFileSystemError(error, path, 'read');
  }
  const error = notFileError(path, 'read');
  if (error) throw error;
  return '';
}

function parseShard<Line extends ShardLine, Entry extends Line>(
  text: string,
  format: LineFormat<Line, Entry>,
  key = '',
): Shard<Entry> {
  const texts = text.split('\n');
  const isTorn = texts.pop() !== '';
  const wanted = texts.filter((line) => line !== '' && line.includes(key));
  const valid = wanted.map((line) => format.parse(line)).filter((line) => line !== undefined);
  const latest = new Map<string, Line>();
  for (const line of valid) {
    const subject = fullSubject(line, format);
    if ((latest.get(subject)?.at ?? 0) > line.at) continue;
    // Of two lines of one millisecond, the later one is newer.
    latest.delete(subject);
    latest.set(subject, line);
  }
  const lines = [...latest.values()].filter((line) => format.isEntry(line)).reverse();
  return {
    lines: lines.sort((one, other) => other.at - one.at),
    count: wanted.length,
    corrupt: wanted.length - valid.length,
    isTorn,
  };
}

/** Appends a text in one write, which systems do not mix with others; again if the file is rotated meanwhile. */
function append(path: string, text: string): void {
  try {
    for (let tries = 0; tries < MAX_APPEND_TRIES; tries++) if (appendOnce(path, text)) return;
  } catch (error) {
    throw toFileSystemError(error, path, 'write');
  }
}

function appendOnce(path: string, text: string): boolean {
  const file = openSync(path, APPEND | DIRECT, 0o600);
  try {
    if (!fstatSync(file).isFile())
      throw new FileSystemError('file-system', `Cannot write ${path}: it is not a file.`);
    writeFileSync(file, text);
    return isSameFile(file, path);
  } finally {
    closeSync(file);
  }
}

function isCurrent<Line extends ShardLine, Entry extends Line>(
  shard: Shard<Entry>,
  line: Line,
  format: LineFormat<Line, Entry>,
): boolean {
  const subject = fullSubject(line, format);
  const current = shard.lines.find((other) => fullSubject(other, format) === subject);
  if (!format.isEntry(line)) return current === undefined;
  return current !== undefined && format.format({ ...current, at: line.at }) === format.format(line);
}

function fullSubject<Line extends ShardLine>(line: Line, format: LineFormat<Line>): string {
  return `${line.key} ${format.subjectOf(line)}`;
}
