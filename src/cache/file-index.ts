import { join } from 'node:path';
import type { FileSystemError } from '../errors.js';
import {
  type CachedFile,
  type CacheKey,
  cacheKeyOf,
  type FileLine,
  fileLines,
  type IndexLine,
} from './entry.js';
import { type IndexOptions, ShardedIndex } from './sharded-index.js';

export type { CorruptLines } from './sharded-index.js';

/** Changes with the format of the lines: each version has its own folder. */
const VERSION = 'index-1';

export interface FileIndexOptions extends IndexOptions {
  readonly now: () => number;
}

/** An index of files on disk, in shards by the first digits of their keys. All methods throw FileSystemError. */
export class FileIndex {
  readonly folder: string;
  readonly #index: ShardedIndex<IndexLine, FileLine>;
  readonly #now: () => number;

  constructor(folder: string, options: FileIndexOptions) {
    this.folder = join(folder, VERSION);
    this.#index = new ShardedIndex(this.folder, fileLines, options);
    this.#now = options.now;
  }

  /** Returns the files with a content, the newest first. */
  async find(wanted: CacheKey): Promise<readonly CachedFile[]> {
    const cacheKey = cacheKeyOf(wanted);
    if (cacheKey === undefined) return [];
    return (await this.#index.find(cacheKey, shardOf(cacheKey))).map(({ file }) => file);
  }

  /** Returns the error that each change would fail with, as far as permissions tell. */
  findWriteProblem(): FileSystemError | undefined {
    return this.#index.findWriteProblem();
  }

  async put(file: CachedFile): Promise<void> {
    const key = cacheKeyOf(file);
    if (key !== undefined) await this.#index.add({ key, at: this.#now(), file }, shardOf(key));
  }

  async remove(file: CachedFile): Promise<void> {
    const key = cacheKeyOf(file);
    if (key !== undefined) await this.#index.add({ key, at: this.#now(), gone: file.path }, shardOf(key));
  }

  /** Returns all files by path, each with its newest content. */
  async all(): Promise<ReadonlyMap<string, CachedFile>> {
    const newest = new Map<string, { readonly at: number; readonly file: CachedFile }>();
    for await (const line of this.#index.all())
      if ((newest.get(line.file.path)?.at ?? 0) <= line.at) newest.set(line.file.path, line);
    return new Map([...newest].map(([path, { file }]) => [path, file]));
  }

  clear(): Promise<void> {
    return this.#index.clear();
  }
}

function shardOf(cacheKey: string): string {
  const id = /^ID(?<digits>\d+)$/.exec(cacheKey)?.groups?.digits;
  return id === undefined ? cacheKey.slice(0, 2) : (Number(id) % 256).toString(16).padStart(2, '0');
}
