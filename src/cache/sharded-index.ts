import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { retryWhileBusy } from '../disk/busy.js';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { withParentDir } from '../disk/files.js';
import { type Lock, tryLock } from '../disk/lock.js';
import { findWriteProblem, isWriteDenied } from '../disk/write-access.js';
import { FileSystemError } from '../errors.js';
import { addLine, compactShard, type LineFormat, readShard, removeShard, type ShardLine } from './shard.js';

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

export interface IndexOptions {
  readonly lock: Lock;
  readonly signal?: AbortSignal | undefined;
  readonly onCorrupt: (corrupt: CorruptLines) => void;
}

/**
 * Lines in up to 256 shards, by two hexadecimal digits. A change appends a line, so its cost does not grow with the
 * index, and processes do not wait for each other. All methods throw FileSystemError.
 */
export class ShardedIndex<Line extends ShardLine, Entry extends Line> {
  /** Absolute path, which need not exist. */
  readonly folder: string;
  readonly #format: LineFormat<Line, Entry>;
  readonly #options: IndexOptions;
  #denial: FileSystemError | undefined;
  #listing: { readonly at: number; readonly names: Promise<Set<string>> } | undefined;

  constructor(folder: string, format: LineFormat<Line, Entry>, options: IndexOptions) {
    this.folder = folder;
    this.#format = format;
    this.#options = options;
  }

  /**
   * Returns the entries of a key, the newest first.
   * @param digits of the shard
   */
  async find(key: string, digits: string): Promise<readonly Entry[]> {
    const path = this.#pathOf(digits);
    if (!(await this.#names()).has(basename(path))) return [];
    return readShard(path, this.#format, key).lines.filter((line) => line.key === key);
  }

  /** Returns the error that each change would fail with, as far as permissions tell. */
  findWriteProblem(): FileSystemError | undefined {
    this.#denial ??= findWriteProblem(this.folder);
    return this.#denial;
  }

  /**
   * Adds a line. What permissions forbid once, it does not try again.
   * @param digits of the shard
   */
  async add(line: Line, digits: string): Promise<void> {
    if (this.#denial) throw this.#denial;
    const path = this.#pathOf(digits);
    const add = () => retryWhileBusy(path, () => addLine(path, line, this.#format), this.#options);
    // A folder is never busy: to create it is not tried again.
    const needsCompaction = await withParentDir(path, add, 0o700).catch((thrown: unknown) => {
      const error = toFileSystemError(thrown, this.folder, 'create');
      if (error instanceof FileSystemError && isWriteDenied(error)) this.#denial = error;
      throw error;
    });
    (await this.#names()).add(basename(path));
    if (needsCompaction) await this.#compact(path);
  }

  /** Returns all entries, one shard after another. */
  async *all(): AsyncGenerator<Entry> {
    for (const path of await this.#shards()) yield* readShard(path, this.#format).lines;
  }

  async clear(): Promise<void> {
    for (const path of await this.#shards()) removeShard(path);
  }

  /** Does nothing while another process compacts the shard. */
  async #compact(path: string): Promise<void> {
    const { lock, onCorrupt } = this.#options;
    const release = await tryLock(lock, `${path}.lock`, new AbortController().signal);
    if (!release) return;
    try {
      const { corrupt, kept } = await compactShard(path, this.#format, this.#options);
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

  #pathOf(digits: string): string {
    return join(this.folder, `${digits.toLowerCase()}.jsonl`);
  }
}
