import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { type DiskFile, openFile } from '../../src/disk/open-file.js';
import type { PartFileSystem } from '../../src/transfer/part-file.js';

/** A change of the part file. Before it is flushed, it may or may not survive a power loss. */
interface Change {
  readonly apply: (content: Buffer) => Buffer;
  isComplete: boolean;
  isFlushed: boolean;
}

/** The contents of a disk after a power loss. */
export interface Remains {
  readonly part: Buffer;
  /** Text of the record, if it exists. */
  readonly record: string | undefined;
}

/** Whether an unflushed change survives. */
export type Luck = (index: number) => boolean;

/**
 * A part file and its record on a real disk, with all states that a power loss could leave. The part file has all
 * flushed changes and any of the later ones. The record is the one at the last flush of the folder or any later one,
 * since only that flush makes a rename last.
 */
export class ForgetfulDisk {
  readonly #part: string;
  readonly #record: string;
  /** The part file before the changes. */
  #base: Buffer = Buffer.alloc(0);
  #changes: Change[] = [];
  #records: (string | undefined)[] = [undefined];
  readonly #opened: DiskFile[] = [];
  /** Called at each possible power loss. */
  onMoment: () => void = () => {};

  constructor(target: string) {
    this.#part = `${target}.part`;
    this.#record = `${target}.part.json`;
  }

  readonly open: PartFileSystem['open'] = (path, flags) => {
    const file = openFile(path, flags);
    this.#opened.push(file);
    if (path !== this.#part) return this.#folder(file);
    if (flags.startsWith('w')) this.#begin((content) => content.subarray(0, 0)).isComplete = true;
    return this.#file(file);
  };

  /** Returns the states that a power loss could leave now. */
  remains(luck: Luck): readonly Remains[] {
    this.#observeRecord();
    const survivors = this.#changes.filter(({ isFlushed }, index) => isFlushed || luck(index));
    const part = survivors.reduce((content, change) => change.apply(content), this.#base);
    return this.#records.map((record) => ({ part, record }));
  }

  /** Simulates a power loss. */
  async forget(luck: Luck): Promise<void> {
    const left = this.remains(luck);
    const { part, record } = left[left.length > 1 && luck(0) ? 1 : 0] ?? {
      part: this.#base,
      record: undefined,
    };
    await writeFile(this.#part, part);
    if (record === undefined) await rm(this.#record, { force: true });
    else await writeFile(this.#record, record);
    this.#base = part;
    this.#changes = [];
    this.#records = [record];
  }

  /** Closes the files of killed runs. */
  close(): void {
    for (const file of this.#opened) file.close();
  }

  #file(real: DiskFile): DiskFile {
    const put = (bytes: Buffer, position: number) => (content: Buffer) => {
      const longer = Buffer.alloc(Math.max(content.length, position + bytes.length));
      longer.set(content);
      longer.set(bytes, position);
      return longer;
    };
    return {
      get size() {
        return real.size;
      },
      isAt: (at) => real.isAt(at),
      readBeginning: (length) => real.readBeginning(length),
      write: (bytes, position) =>
        this.#change(put(Buffer.from(bytes), position), () => real.write(bytes, position)),
      truncate: (size) =>
        this.#change(
          (content) => cut(content, size),
          () => real.truncate(size),
        ),
      datasync: () => this.#flush(() => real.datasync()),
      sync: () => this.#flush(() => real.sync()),
      close: () => real.close(),
    };
  }

  #folder(real: DiskFile): DiskFile {
    return {
      size: real.size,
      isAt: (at) => real.isAt(at),
      readBeginning: (length) => real.readBeginning(length),
      write: (bytes, position) => real.write(bytes, position),
      truncate: (size) => real.truncate(size),
      datasync: () => real.datasync(),
      sync: async () => {
        this.#observeRecord();
        const seen = this.#records.length - 1;
        await real.sync();
        this.#records = this.#records.slice(seen);
        this.#moment();
      },
      close: () => real.close(),
    };
  }

  async #change<T>(apply: Change['apply'], operation: () => Promise<T>): Promise<T> {
    this.#moment();
    const change = this.#begin(apply);
    this.#moment();
    const result = await operation();
    change.isComplete = true;
    this.#moment();
    return result;
  }

  #begin(apply: Change['apply']): Change {
    const change = { apply, isComplete: false, isFlushed: false };
    this.#changes.push(change);
    return change;
  }

  async #flush(operation: () => Promise<void>): Promise<void> {
    const complete = this.#changes.filter(({ isComplete }) => isComplete);
    this.#moment();
    await operation();
    for (const change of complete) change.isFlushed = true;
    while (this.#changes[0]?.isFlushed) this.#base = this.#changes.shift()?.apply(this.#base) ?? this.#base;
    this.#moment();
  }

  #moment(): void {
    this.#observeRecord();
    this.onMoment();
  }

  #observeRecord(): void {
    const text = readIfExists(this.#record);
    if (text !== this.#records.at(-1)) this.#records.push(text);
  }
}

function cut(content: Buffer, length: number): Buffer {
  const rest = Buffer.alloc(length);
  rest.set(content.subarray(0, length));
  return rest;
}

function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
