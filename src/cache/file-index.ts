import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { withParentDir } from '../disk/files.js';
import { type Lock, tryLock } from '../disk/lock.js';
import { type CachedFile, type CacheKey, cacheKeyOf, type IndexLine } from './entry.js';
import { addLine, compactShard, readShard, removeShard } from './shard.js';

/** Changes with the form of the lines; another version has its own folder and leaves this one alone. */
const VERSION = 'index-1';
/** Milliseconds for which a list of the shards is good enough: most that are looked for are not there at first. */
const LISTING_MAX_AGE_MS = 1_000;
/** One that is being tidied up may have another name for a moment. */
const SHARD = /^(?<shard>[0-9a-f]{2}\.jsonl)(\.old)?$/;

/** Where broken lines were found. */
export interface CorruptLines {
  readonly path: string;
  readonly lines: number;
  /** Where the file is now. */
  readonly kept: string;
}

interface FileIndexOptions {
  readonly lock: Lock;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onCorrupt: (broken: CorruptLines) => void;
}

/**
 * What is known of files on disk, in a folder: 256 files of lines, by the beginning of their keys. A change is one line
 * that is added to one of them, so that it costs the same among a hundred thousand others, and many processes may change
 * it at once without waiting for each other. All methods throw FileSystemError.
 */
export class FileIndex {
  readonly folder: string;
  readonly #deps: FileIndexOptions;
  #listed: { readonly at: number; readonly names: Promise<Set<string>> } | undefined;

  /** @param folder of the cache, which need not be there */
  constructor(folder: string, deps: FileIndexOptions) {
    this.folder = join(folder, VERSION);
    this.#deps = deps;
  }

  /** The files that are known under a key, the newest first. */
  async find(wanted: CacheKey): Promise<readonly CachedFile[]> {
    const key = cacheKeyOf(wanted);
    if (key === undefined) return [];
    const path = this.#pathOf(key);
    if (!(await this.#names()).has(basename(path))) return [];
    const { lines } = await readShard(path, key);
    return lines.filter((line) => line.key === key).map(({ file }) => file);
  }

  async put(file: CachedFile): Promise<void> {
    const key = cacheKeyOf(file);
    if (key !== undefined) await this.#add({ key, at: this.#deps.now(), file });
  }

  async remove(file: CachedFile): Promise<void> {
    const key = cacheKeyOf(file);
    if (key !== undefined) await this.#add({ key, at: this.#deps.now(), gone: file.path });
  }

  /** What was said last of each path. */
  async all(): Promise<ReadonlyMap<string, CachedFile>> {
    const newest = new Map<string, { readonly at: number; readonly file: CachedFile }>();
    for (const path of await this.#shards()) {
      for (const line of (await readShard(path)).lines) {
        if ((newest.get(line.file.path)?.at ?? 0) <= line.at) newest.set(line.file.path, line);
      }
    }
    return new Map([...newest].map(([path, { file }]) => [path, file]));
  }

  /** Forgets all files. */
  async clear(): Promise<void> {
    for (const path of await this.#shards()) removeShard(path);
  }

  async #add(line: IndexLine): Promise<void> {
    const path = this.#pathOf(line.key);
    const wantsTidying = await withParentDir(path, () => addLine(path, line), 0o700).catch(
      (error: unknown) => {
        throw toFileSystemError(error, this.folder, 'create');
      },
    );
    (await this.#names()).add(basename(path));
    if (wantsTidying) await this.#compact(path);
  }

  /** Whoever comes second leaves it to the first. */
  async #compact(path: string): Promise<void> {
    const { lock, onCorrupt: onBroken } = this.#deps;
    const release = await tryLock(lock, `${path}.lock`, new AbortController().signal);
    if (!release) return;
    try {
      const { broken, kept } = await compactShard(path);
      if (broken > 0) onBroken({ path, lines: broken, kept });
    } finally {
      await release();
    }
  }

  /** Names of the shards that were there a moment ago, and of those that were added to since. */
  #names(): Promise<Set<string>> {
    const now = performance.now();
    if (!this.#listed || now - this.#listed.at > LISTING_MAX_AGE_MS) {
      const names = this.#shards().then((paths) => new Set(paths.map((path) => basename(path))));
      this.#listed = { at: now, names };
    }
    return this.#listed.names;
  }

  async #shards(): Promise<readonly string[]> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if (errnoCode(error) === 'ENOENT') return [];
      throw toFileSystemError(error, this.folder, 'read');
    });
    const shards = names.flatMap((name) => SHARD.exec(name)?.groups?.shard ?? []);
    return [...new Set(shards)].map((shard) => join(this.folder, shard));
  }

  #pathOf(key: string): string {
    const id = /^ID(?<digits>\d+)$/.exec(key)?.groups?.digits;
    const shard = id === undefined ? key.slice(0, 2) : (Number(id) % 256).toString(16).padStart(2, '0');
    return join(this.folder, `${shard.toLowerCase()}.jsonl`);
  }
}
