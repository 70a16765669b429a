import type { Owner } from '../civitai/client.js';
import { type HashedFile, hashFiles } from '../disk/checksum/hash-files.js';
import { fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { CivitdlError, ContentError } from '../errors.js';
import { type CachedFile, idsInName } from './entry.js';
import type { FileIndex } from './file-index.js';
import { findModelFiles, readListedSha256, type ScannedFile, withoutExtension } from './model-files.js';

export interface ScanOptions {
  readonly index: FileIndex;
  readonly getOwners: (hashes: readonly string[]) => Promise<ReadonlyMap<string, Owner>>;
  readonly signal: AbortSignal;
  readonly threads: number;
  readonly now: () => number;
  readonly emit: (event: ScanEvent) => void;
}

export type ScanEvent =
  /** The files to be read. */
  | { readonly type: 'found'; readonly files: number; readonly bytes: number }
  | { readonly type: 'progress'; readonly read: number }
  | { readonly type: 'checked'; readonly path: string; readonly sha256: string }
  | { readonly type: 'damaged'; readonly damaged: DamagedFile }
  /** A file or folder cannot be read, or the server does not respond. */
  | { readonly type: 'warned'; readonly error: unknown };

/** A file that differs from its list of hashes. */
interface DamagedFile {
  readonly path: string;
  readonly sha256: string;
  readonly list: string;
  readonly listed: string;
}

export interface ScanResult {
  /** Files that were added to the index. */
  readonly checked: readonly CachedFile[];
  /** Number of files that the index had before. */
  readonly known: number;
  readonly damaged: readonly DamagedFile[];
  readonly unreadable: number;
  /** Paths of files that the server does not know; undefined if it did not respond. */
  readonly unknown: readonly string[] | undefined;
  readonly isInterrupted: boolean;
}

/**
 * Adds the model files below a folder to the index. Files that it has are not read again, unless they have changed.
 * @throws FileSystemError if the folder or the index cannot be used
 */
export async function scan(folder: string, options: ScanOptions): Promise<ScanResult> {
  const { signal } = options;
  const run = new Scan(options);
  try {
    await run.read(folder);
    await run.identify();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return run.result(signal.aborted);
}

class Scan {
  readonly #options: ScanOptions;
  readonly #checked = new Map<string, CachedFile>();
  readonly #known: CachedFile[] = [];
  readonly #damaged: DamagedFile[] = [];
  #unreadable = 0;
  #unknown: string[] | undefined;

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  async read(folder: string): Promise<void> {
    const { index, signal, threads, emit } = this.#options;
    const before = await index.all();
    const found = await findModelFiles(folder, signal, (error) => this.#warn(error));
    const unread: ScannedFile[] = [];
    for (const file of found) {
      const known = before.get(file.path);
      if (known?.sha256 && sameFingerprint(known, file.state)) this.#known.push(known);
      else unread.push(file);
    }
    // The largest files first, so that all threads finish at about the same time.
    unread.sort((one, other) => other.state.size - one.state.size);
    const bytes = unread.reduce((sum, { state }) => sum + state.size, 0);
    emit({ type: 'found', files: unread.length, bytes });
    const byPath = new Map(unread.map((file) => [file.path, file]));
    const names = countBy(found, ({ path }) => withoutExtension(path));
    const onHashed = async (path: string, result: HashedFile) => {
      const file = byPath.get(path);
      if ('error' in result) this.#warn(result.error);
      else if (file) await this.#record(file, result.sha256, names.get(withoutExtension(path)) === 1);
    };
    const onBytes = (read: number) => emit({ type: 'progress', read });
    await hashFiles([...byPath.keys()], { threads, signal, onBytes, onHashed });
  }

  /** Asks the server for the models of the files that have none yet. */
  async identify(): Promise<void> {
    const files = [
      ...this.#checked.values(),
      ...this.#known.filter(({ versionId }) => versionId === undefined),
    ];
    const hashes = [...new Set(files.flatMap(({ sha256 }) => sha256 ?? []))];
    const owners = hashes.length > 0 ? await this.#getOwners(hashes) : new Map<string, Owner>();
    if (!owners) return;
    this.#unknown = files.filter(({ sha256 = '' }) => !owners.has(sha256)).map(({ path }) => path);
    for (const file of files) {
      const owner = owners.get(file.sha256 ?? '');
      if (!owner || file.versionId !== undefined) continue;
      await this.#options.index.put({ ...file, ...owner });
      if (this.#checked.has(file.path)) this.#checked.set(file.path, { ...file, ...owner });
    }
  }

  async #getOwners(hashes: readonly string[]): Promise<ReadonlyMap<string, Owner> | undefined> {
    const { getOwners, signal, emit } = this.#options;
    try {
      return await getOwners(hashes);
    } catch (error) {
      if (!(error instanceof CivitdlError) || signal.aborted) throw error;
      emit({ type: 'warned', error });
      return undefined;
    }
  }

  result(isInterrupted: boolean): ScanResult {
    return {
      checked: [...this.#checked.values()],
      known: this.#known.length,
      damaged: this.#damaged,
      unreadable: this.#unreadable,
      unknown: this.#unknown,
      isInterrupted,
    };
  }

  /** @param ownsList whether the list of hashes with the file's name can be of no other file */
  async #record({ path, state }: ScannedFile, sha256: string, ownsList: boolean): Promise<void> {
    const { index, emit, now } = this.#options;
    const listed = ownsList ? readListedSha256(path) : undefined;
    if (listed && listed.sha256 !== sha256) {
      const damaged = { path, sha256, list: listed.list, listed: listed.sha256 };
      this.#damaged.push(damaged);
      emit({ type: 'damaged', damaged });
    } else if (sameFingerprint(fingerprint(path), state)) {
      const ids = idsInName(path);
      const file = { path, ...state, sha256, verified: 'SHA256', checkedAt: now(), ...ids } as const;
      await index.put(file);
      this.#checked.set(path, file);
      emit({ type: 'checked', path, sha256 });
    } else {
      this.#warn(new ContentError('changed', `${path} changed while it was being read.`));
    }
  }

  #warn(error: unknown): void {
    this.#unreadable++;
    this.#options.emit({ type: 'warned', error });
  }
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
