import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, fileFailure } from '../file-failure.js';
import type { Lock } from '../lock.js';
import { type CachedFile, type FileKey, type IndexLine, keyOf } from './cached-file.js';
import { addLine, readShard } from './shard.js';

/** Changes with the form of the lines; another version has its own folder and leaves this one alone. */
const VERSION = 'index-1';
const SHARD = /^[0-9a-f]{2}\.jsonl$/;
/** Milliseconds to wait for another process that writes a line. */
const PATIENCE = 10_000;

/** Where broken lines were found. */
export interface Broken {
  readonly path: string;
  readonly lines: number;
  /** Where the file is now. */
  readonly kept: string;
}

/**
 * What is known of files on disk, in a folder: 256 files of lines, by the beginning of their keys. A change is one line
 * that is appended, under a lock, so that it costs the same among a hundred thousand others, and many processes may
 * change it at once. All methods throw FileSystemError.
 */
export class FileIndex {
  readonly folder: string;
  readonly #lock: Lock;
  readonly #onBroken: (broken: Broken) => void;

  /** @param folder of the cache, which need not be there */
  constructor(folder: string, lock: Lock, onBroken: (broken: Broken) => void) {
    this.folder = join(folder, VERSION);
    this.#lock = lock;
    this.#onBroken = onBroken;
  }

  /** The files that are known under a key, the last one that was put there first. */
  async find(wanted: FileKey): Promise<readonly CachedFile[]> {
    const key = keyOf(wanted);
    if (key === undefined) return [];
    const { lines } = await readShard(this.#pathOf(key));
    return lines
      .filter((line) => line.key === key)
      .map(({ file }) => file)
      .reverse();
  }

  async put(file: CachedFile): Promise<void> {
    const key = keyOf(file);
    if (key !== undefined) await this.#add({ key, file });
  }

  async drop(file: CachedFile): Promise<void> {
    const key = keyOf(file);
    if (key !== undefined) await this.#add({ key, gone: file.path });
  }

  /** What was said last of each path. */
  async all(): Promise<ReadonlyMap<string, CachedFile>> {
    const files = new Map<string, CachedFile>();
    for (const path of await this.#shards()) {
      for (const { file } of (await readShard(path)).lines) {
        const other = files.get(file.path);
        if (!other || other.checkedAt <= file.checkedAt) files.set(file.path, file);
      }
    }
    return files;
  }

  /** Forgets all files. */
  async clear(): Promise<void> {
    for (const path of await this.#shards())
      await this.#alone(path, async () => {
        await rm(path, { force: true });
        await rm(`${path}.broken`, { force: true });
      });
  }

  async #add(line: IndexLine): Promise<void> {
    const path = this.#pathOf(line.key);
    const { broken, kept } = await this.#alone(path, () => addLine(path, line));
    if (broken > 0) this.#onBroken({ path, lines: broken, kept });
  }

  async #alone<T>(path: string, action: () => Promise<T>): Promise<T> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw fileFailure(error, this.folder, 'create');
    });
    // Even a run that is being interrupted notes what it has: that takes no time.
    const { signal } = new AbortController();
    const release = await this.#lock(`${path}.lock`, { signal, patience: PATIENCE });
    try {
      return await action();
    } catch (error) {
      throw fileFailure(error, path, 'write');
    } finally {
      await release();
    }
  }

  async #shards(): Promise<readonly string[]> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if (errnoCode(error) === 'ENOENT') return [];
      throw fileFailure(error, this.folder, 'read');
    });
    return names.filter((name) => SHARD.test(name)).map((name) => join(this.folder, name));
  }

  #pathOf(key: string): string {
    const id = /^ID(?<digits>\d+)$/.exec(key)?.groups?.digits;
    const shard = id === undefined ? key.slice(0, 2) : (Number(id) % 256).toString(16).padStart(2, '0');
    return join(this.folder, `${shard.toLowerCase()}.jsonl`);
  }
}
