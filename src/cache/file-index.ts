import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { retryWhileBusy } from '../disk/busy.js';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { withParentDir } from '../disk/files.js';
import { type Lock, tryLock } from '../disk/lock.js';
import { type CachedFile, type CacheKey, cacheKeyOf, type IndexLine } from './entry.js';
import { addLine, compactShard, readShard, removeShard } from './shard.js';

/** Changes with the format of the lines: each version has its own folder. */
const VERSION = 'index-1';
/** In a first run, most lookups find no shard: a recent listing answers them. */
const LISTING_MAX_AGE_MS = 1_000;
/** While it is compacted, a shard has the suffix. */
const SHARD = /^(?<shard>[0-9a-f]{2}\.jsonl)(\.old)?$/;

export interface CorruptLines {
  readonly path: string;
  readonly lines: number;
  /** Path of the file that has them now. */
  readonly kept: string;
}

export interface FileIndexOptions {
  readonly lock: Lock;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onCorrupt: (corrupt: CorruptLines) => void;
}

/**
 * An index of files on disk: lines in up to 256 shards, by the first digits of their keys. A change appends a line, so its
 * cost does not grow with the index, and processes do not wait for each other. All methods throw FileSystemError.
 */
export class FileIndex {
  readonly folder: string;
  readonly #options: FileIndexOptions;
  #listing: { readonly at: number; readonly names: Promise<Set<string>> } | undefined;

  constructor(folder: string, options: FileIndexOptions) {
    this.folder = join(folder, VERSION);
    this.#options = options;
  }

  /** Returns the files with a content, the newest first. */
  async find(wanted: CacheKey): Promise<readonly CachedFile[]> {
    const cacheKey = cacheKeyOf(wanted);
    if (cacheKey === undefined) return [];
    const path = this.#pathOf(cacheKey);
    if (!(await this.#names()).has(basename(path))) return [];
    const { lines } = readShard(path, cacheKey);
    return lines.filter((line) => line.key === cacheKey).map(({ file }) => file);
  }

  async put(file: CachedFile): Promise<void> {
    const key = cacheKeyOf(file);
    if (key !== undefined) await this.#add({ key, at: this.#options.now(), file });
  }

  async remove(file: CachedFile): Promise<void> {
    const key = cacheKeyOf(file);
    if (key !== undefined) await this.#add({ key, at: this.#options.now(), gone: file.path });
  }

  /** Returns all files by path, each with its newest content. */
  async all(): Promise<ReadonlyMap<string, CachedFile>> {
    const newest = new Map<string, { readonly at: number; readonly file: CachedFile }>();
    for (const path of await this.#shards()) {
      for (const line of readShard(path).lines) {
        if ((newest.get(line.file.path)?.at ?? 0) <= line.at) newest.set(line.file.path, line);
      }
    }
    return new Map([...newest].map(([path, { file }]) => [path, file]));
  }

  async clear(): Promise<void> {
    for (const path of await this.#shards()) removeShard(path);
  }

  async #add(line: IndexLine): Promise<void> {
    const path = this.#pathOf(line.key);
    const add = () => withParentDir(path, () => addLine(path, line), 0o700);
    const needsCompaction = await retryWhileBusy(path, add, this.#options).catch((error: unknown) => {
      throw toFileSystemError(error, this.folder, 'create');
    });
    (await this.#names()).add(basename(path));
    if (needsCompaction) await this.#compact(path);
  }

  /** Does nothing while another process compacts the shard. */
  async #compact(path: string): Promise<void> {
    const { lock, onCorrupt } = this.#options;
    const release = await tryLock(lock, `${path}.lock`, new AbortController().signal);
    if (!release) return;
    try {
      const { corrupt, kept } = await compactShard(path, this.#options);
      if (corrupt > 0) onCorrupt({ path, lines: corrupt, kept });
    } finally {
      await release();
    }
  }

  #names(): Promise<Set<string>> {
    const now = performance.now();
    if (!this.#listing || now - this.#listing.at > LISTING_MAX_AGE_MS) {
      const names = this.#shards().then((paths) => new Set(paths.map((path) => basename(path))));
      this.#listing = { at: now, names };
    }
    return this.#listing.names;
  }

  async #shards(): Promise<readonly string[]> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if (errnoCode(error) === 'ENOENT') return [];
      throw toFileSystemError(error, this.folder, 'read');
    });
    const shards = names.flatMap((name) => SHARD.exec(name)?.groups?.shard ?? []);
    return [...new Set(shards)].map((shard) => join(this.folder, shard));
  }

  #pathOf(cacheKey: string): string {
    const id = /^ID(?<digits>\d+)$/.exec(cacheKey)?.groups?.digits;
    const shard = id === undefined ? cacheKey.slice(0, 2) : (Number(id) % 256).toString(16).padStart(2, '0');
    return join(this.folder, `${shard.toLowerCase()}.jsonl`);
  }
}
