import { appendFile, readFile, rename } from 'node:fs/promises';
import { writeAtomic } from '../atomic-file.js';
import { errnoCode, fileFailure } from '../file-failure.js';
import { type CachedFile, formatLine, type IndexLine, parseLine } from './cached-file.js';

/** A part of the index, as it is in its file. */
export interface Shard {
  /** What its lines say in the end, one after another. */
  readonly lines: readonly Extract<IndexLine, { file: CachedFile }>[];
  /** Lines of the file, those among them that hold no longer. */
  readonly count: number;
  /** Lines that make no sense. */
  readonly broken: number;
  /** Whether its last line was cut off. */
  readonly isTorn: boolean;
}

/** Lines that hold no longer and may stay, besides as many as there are others. */
const SLACK = 32;

/**
 * @returns an empty one where there is no file
 * @throws FileSystemError
 */
export async function readShard(path: string): Promise<Shard> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoCode(error) === 'ENOENT') return '';
    throw fileFailure(error, path, 'read');
  });
  const written = text.split('\n').filter((line) => line !== '');
  const valid = written.map(parseLine).filter((line) => line !== undefined);
  const holding = new Map<string, Shard['lines'][number]>();
  for (const line of valid) {
    const name = nameOf(line);
    holding.delete(name);
    if ('file' in line) holding.set(name, line);
  }
  return {
    lines: [...holding.values()],
    count: written.length,
    broken: written.length - valid.length,
    isTorn: text !== '' && !text.endsWith('\n'),
  };
}

/**
 * Adds a line to a shard, unless it says so already. Only for who holds its lock.
 * @returns how many broken lines were found, and where they are now
 * @throws FileSystemError
 */
export async function addLine(
  path: string,
  line: IndexLine,
): Promise<{ readonly broken: number; readonly kept: string }> {
  const shard = await readShard(path);
  const kept = `${path}.broken`;
  try {
    if (shard.broken > 0) await rename(path, kept);
    if (shard.broken > 0 || shard.count > 2 * shard.lines.length + SLACK)
      await writeAtomic(path, [...without(shard, line), line].map(formatLine).join(''));
    else if (!isSaid(shard, line))
      await appendFile(path, (shard.isTorn ? '\n' : '') + formatLine(line), { mode: 0o600 });
  } catch (error) {
    throw fileFailure(error, path, 'write');
  }
  return { broken: shard.broken, kept };
}

function isSaid(shard: Shard, line: IndexLine): boolean {
  const said = shard.lines.find((other) => nameOf(other) === nameOf(line));
  return 'file' in line ? said !== undefined && formatLine(said) === formatLine(line) : said === undefined;
}

function without(shard: Shard, line: IndexLine): readonly IndexLine[] {
  return shard.lines.filter((other) => nameOf(other) !== nameOf(line));
}

function nameOf(line: IndexLine): string {
  return `${line.key} ${'file' in line ? line.file.path : line.gone}`;
}
