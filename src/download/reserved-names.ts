import { nameKey } from './target-names.js';

interface TargetPath {
  readonly directory: string;
  readonly name: string;
}

/** The names that the files of a run have got before they are on disk. */
export class ReservedNames {
  /** Owners by folder and name. */
  readonly #owners = new Map<string, string>();

  isFree(path: TargetPath, owner: string): boolean {
    const other = this.#owners.get(keyOf(path));
    return other === undefined || other === owner;
  }

  reserve(path: TargetPath, owner: string): void {
    this.#owners.set(keyOf(path), owner);
  }
}

function keyOf({ directory, name }: TargetPath): string {
  return `${directory}\0${nameKey(name)}`;
}
