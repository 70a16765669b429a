import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hasWeights, withoutExtension } from '../cache/model-files.js';
import { tryReadText } from '../disk/files.js';
import { RECORD } from '../disk/paths.js';
import { caseKey } from '../disk/safe-name.js';
import { partFileKey } from '../transfer/part-record.js';
import { nameKey } from './target-names.js';

/** A folder from which an application loads models, with its subfolders. Names are compared as on systems that ignore case. */
export class FolderNames {
  readonly path: string;
  readonly #names: readonly string[];
  /** Absolute paths of the files in subfolders. */
  readonly #below: readonly string[];

  constructor(path: string, below: readonly string[]) {
    this.path = path;
    this.#names = namesIn(path);
    this.#below = below;
  }

  /** Returns the paths of the files with a name: first the one in the folder itself. */
  find(name: string): readonly string[] {
    const key = caseKey(name);
    const own = this.#names.find((one) => one === name) ?? this.#names.find((one) => caseKey(one) === key);
    const below = this.#below.filter((path) => caseKey(basename(path)) === key);
    return own === undefined ? below : [join(this.path, own), ...below];
  }

  /**
   * Whether no other file has a name. A1111 knows a LoRA by its name alone, so those in subfolders count, too.
   * @param fileKey of the file whose own part file does not count
   */
  isFree(name: string, fileKey: string): boolean {
    const key = nameKey(name);
    const isTaken = (path: string) => nameKey(basename(path)) === key;
    if (this.#names.some(isTaken) || (hasWeights(name) && this.#below.some(isTaken))) return false;
    return (
      !isListTaken(join(this.path, name)) &&
      !this.#names.some((one) => this.#isPartOfOther(one, key, fileKey))
    );
  }

  #isPartOfOther(record: string, key: string, fileKey: string): boolean {
    if (!record.endsWith(RECORD) || nameKey(record.slice(0, -RECORD.length)) !== key) return false;
    const owner = partFileKey(join(this.path, record));
    return owner !== undefined && owner !== fileKey;
  }
}

/** Whether the list of hashes of a file would replace a file of the user. */
export function isListTaken(path: string): boolean {
  const key = caseKey(`${withoutExtension(basename(path))}.csv`);
  const list = namesIn(dirname(path)).find((name) => caseKey(name) === key);
  if (list === undefined) return false;
  // An unreadable file is the user's, too.
  return !/^(hash_name, hash_id|$)/.test(tryReadText(join(dirname(path), list)) ?? 'unreadable');
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The files in the subfolders of folders, read once in a run: on a network drive, it takes seconds. */
export class SubfolderFiles {
  readonly #files = new Map<string, readonly string[]>();

  /** Returns absolute paths. Links to folders are not followed, since they may form a cycle. */
  filesBelow(directory: string): readonly string[] {
    const known = this.#files.get(directory);
    if (known) return known;
    const files: string[] = [];
    const folders = [directory];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of entriesIn(folder)) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) folders.push(path);
        else if (folder !== directory) files.push(path);
      }
    }
    this.#files.set(directory, files);
    return files;
  }
}

function entriesIn(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
