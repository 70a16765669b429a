import type { Owner } from '../civitai/client.js';
import { type HashFilesDeps, hashFiles } from '../disk/checksum/hash-files.js';
import { fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { CivitdlError, ContentError } from '../errors.js';
import type { CachedFile } from './entry.js';
import { idsInName } from './entry.js';
import type { FileIndex } from './file-index.js';
import { findModelFiles, readListedSha256, type ScannedFile, withoutExtension } from './model-files.js';

export interface ScanOptions {
  readonly index: FileIndex;
  /** Who owns files with these SHA256. */
  readonly getOwners: (hashes: readonly string[]) => Promise<ReadonlyMap<string, Owner>>;
  readonly signal: AbortSignal;
  /** How many files to read at a time. */
  readonly threads: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly emit: (event: ScanEvent) => void;
}

/** What happens during a scan. */
export type ScanEvent =
  /** What has to be read, in bytes. */
  | { readonly type: 'found'; readonly files: number; readonly bytes: number }
  | { readonly type: 'progress'; readonly read: number }
  | { readonly type: 'checked'; readonly path: string; readonly sha256: string }
  | { readonly type: 'damaged'; readonly damaged: Damaged }
  /** A file or folder that can't be read, or no answer of the server. */
  | { readonly type: 'warned'; readonly error: unknown };

/** A file that is not what the list beside it says. */
interface Damaged {
  readonly path: string;
  readonly sha256: string;
  /** Path of the list, and what it says. */
  readonly list: string;
  readonly listed: string;
}

/** How a scan ended. */
export interface Scanned {
  /** Files that were read now and are known from now on. */
  readonly checked: readonly CachedFile[];
  /** Number of files that were known already and are unchanged. */
  readonly known: number;
  readonly damaged: readonly Damaged[];
  /** Number of files that could not be read. */
  readonly unreadable: number;
  /** Paths of files whose SHA256 nobody on the server has; undefined where the server could not be asked. */
  readonly unknown: readonly string[] | undefined;
  readonly isInterrupted: boolean;
}

/**
 * Fills the index with the model files below a folder. What is unchanged since an earlier scan or download is not read
 * again; each file is noted as soon as it is read, so that an interrupted scan loses nothing.
 * @param folder absolute path
 * @throws FileSystemError when folder or index can't be used
 */
export async function scan(folder: string, deps: ScanOptions): Promise<Scanned> {
  const run = new Scan(deps);
  try {
    await run.read(folder);
    await run.identify();
  } catch (error) {
    if (!deps.signal.aborted) throw error;
  }
  return run.result(deps.signal.aborted);
}

class Scan {
  readonly #deps: ScanOptions;
  readonly #checked = new Map<string, CachedFile>();
  readonly #known: CachedFile[] = [];
  readonly #damaged: Damaged[] = [];
  #unreadable = 0;
  #unknown: string[] | undefined;

  constructor(deps: ScanOptions) {
    this.#deps = deps;
  }

  async read(folder: string): Promise<void> {
    const { index, signal, threads, emit } = this.#deps;
    const before = await index.all();
    const found = await findModelFiles(folder, signal, (error) => this.#warn(error));
    const unread: ScannedFile[] = [];
    for (const file of found) {
      const known = before.get(file.path);
      if (known?.sha256 && sameFingerprint(known, file.state)) this.#known.push(known);
      else unread.push(file);
    }
    // The largest ones first, so that all threads end at about the same time.
    unread.sort((one, other) => other.state.size - one.state.size);
    emit({
      type: 'found',
      files: unread.length,
      bytes: unread.reduce((sum, { state }) => sum + state.size, 0),
    });
    const byPath = new Map(unread.map((file) => [file.path, file]));
    const names = countBy(found, ({ path }) => withoutExtension(path));
    const onHashed: HashFilesDeps['onHashed'] = async (path, result) => {
      const file = byPath.get(path);
      if ('error' in result) this.#warn(result.error);
      else if (file) await this.#note(file, result.sha256, names.get(withoutExtension(path)) === 1);
    };
    const onBytes = (read: number) => emit({ type: 'progress', read });
    await hashFiles([...byPath.keys()], { threads, signal, onBytes, onHashed });
  }

  /** Asks whose files they are, where that is not known yet. */
  async identify(): Promise<void> {
    const files = [
      ...this.#checked.values(),
      ...this.#known.filter(({ versionId }) => versionId === undefined),
    ];
    const hashes = [...new Set(files.flatMap(({ sha256 }) => sha256 ?? []))];
    if (hashes.length === 0) {
      this.#unknown = [];
      return;
    }
    const owners = await this.#deps.getOwners(hashes).catch((error: unknown) => {
      if (!(error instanceof CivitdlError) || this.#deps.signal.aborted) throw error;
      this.#deps.emit({ type: 'warned', error });
      return undefined;
    });
    if (!owners) return;
    this.#unknown = files.filter(({ sha256 = '' }) => !owners.has(sha256)).map(({ path }) => path);
    for (const file of files) {
      const owner = owners.get(file.sha256 ?? '');
      if (!owner || file.versionId !== undefined) continue;
      await this.#deps.index.put({ ...file, ...owner });
      if (this.#checked.has(file.path)) this.#checked.set(file.path, { ...file, ...owner });
    }
  }

  result(isInterrupted: boolean): Scanned {
    return {
      checked: [...this.#checked.values()],
      known: this.#known.length,
      damaged: this.#damaged,
      unreadable: this.#unreadable,
      unknown: this.#unknown,
      isInterrupted,
    };
  }

  /** @param isListsOnly whether no other file can be the one that the list beside it is about */
  async #note({ path, state }: ScannedFile, sha256: string, isListsOnly: boolean): Promise<void> {
    const { index, emit, now } = this.#deps;
    const told = isListsOnly ? await readListedSha256(path) : undefined;
    if (told && told.sha256 !== sha256) {
      const damaged = { path, sha256, list: told.list, listed: told.sha256 };
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
    this.#deps.emit({ type: 'warned', error });
  }
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
