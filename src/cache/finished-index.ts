import { resolve } from 'node:path';
import { z } from 'zod';
import type { Verification } from '../disk/checksum/checksum.js';
import { mayExist } from '../disk/files.js';
import type { Fingerprint } from '../disk/fingerprint.js';
import { shortHash } from '../disk/paths.js';
import { fileFingerprint, verification } from './entry.js';
import type { LineFormat, ShardLine } from './shard.js';
import { type IndexOptions, ShardedIndex } from './sharded-index.js';

/** A listed version whose files were all written, and what was written. Paths are relative to the root directory. */
export interface FinishedVersion {
  /** The same for runs that write the same files. */
  readonly settings: string;
  /** What the list said of the version. */
  readonly digest: string;
  readonly trainedWords: readonly string[];
  /** The URL of the version's page. */
  readonly page: string;
  readonly models: readonly FinishedModelFile[];
  readonly others: readonly OtherFile[];
}

export interface FinishedModelFile {
  readonly fileId: number;
  /** Undefined if the model file was left out. */
  readonly file?: (Fingerprint & { readonly path: string }) | undefined;
  readonly verified?: Verification | undefined;
  /** Milliseconds since the epoch. */
  readonly checkedAt?: number | undefined;
  /** Number of images that came with it. */
  readonly images: number;
}

/** A document, an image or a sidecar. */
interface OtherFile {
  readonly path: string;
  readonly size: number;
  readonly mtimeNs: string;
}

/** Identifies the files of a version in a library. */
export interface FinishedKey {
  /** Absolute. */
  readonly rootDir: string;
  readonly versionId: number;
  readonly fileIds: readonly number[];
}

interface FinishedLine extends ShardLine {
  readonly rootDir: string;
  readonly finished: FinishedVersion;
}

const lineSchema: z.ZodType<FinishedLine> = z.object({
  key: z.string(),
  at: z.number(),
  rootDir: z.string().min(1),
  finished: z.object({
    settings: z.string(),
    digest: z.string(),
    trainedWords: z.array(z.string()),
    page: z.string(),
    models: z
      .array(
        z.object({
          fileId: z.int(),
          file: z.object({ path: z.string().min(1), ...fileFingerprint }).optional(),
          verified: verification.optional(),
          checkedAt: z.number().optional(),
          images: z.int().nonnegative(),
        }),
      )
      .min(1),
    others: z.array(
      z
        .tuple([z.string().min(1), fileFingerprint.size, fileFingerprint.mtimeNs])
        .transform(([path, size, mtimeNs]) => ({ path, size, mtimeNs })),
    ),
  }),
});

const lines: LineFormat<FinishedLine> = {
  format: ({ key, at, rootDir, finished }) => {
    const { settings, digest, trainedWords, page, models } = finished;
    // Most of a line: without names, it has half the length.
    const others = finished.others.map(({ path, size, mtimeNs }) => [path, size, mtimeNs]);
    const text = { settings, digest, trainedWords, page, models: models.map(inOrder), others };
    return `${JSON.stringify({ key, at, rootDir, finished: text })}\n`;
  },
  parse: (text) => {
    try {
      return lineSchema.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  },
  subjectOf: () => '',
  isEntry: (line): line is FinishedLine => line.finished !== undefined,
  // What the user has deleted or moved is not finished any more.
  isOfUse: ({ rootDir, finished }) =>
    [...finished.models.flatMap(({ file }) => file ?? []), ...finished.others]
      .slice(0, 1)
      .every(({ path }) => mayExist(resolve(rootDir, path))),
};

function inOrder({ fileId, file, verified, checkedAt, images }: FinishedModelFile): FinishedModelFile {
  if (!file) return { fileId, verified, checkedAt, images };
  const { path, size, mtimeNs, ino, dev } = file;
  return { fileId, file: { path, size, mtimeNs, ino, dev }, verified, checkedAt, images };
}

/** Changes with the format of the lines. */
const VERSION = 'finished-1';
const KEY_LENGTH = 32;

/**
 * The versions that runs with lists have finished, so that later ones need no request for them. Of several runs that
 * write other files of a version into one library, the last one counts. All methods throw FileSystemError.
 */
export class FinishedIndex {
  readonly #index: ShardedIndex<FinishedLine, FinishedLine>;
  readonly #now: () => number;

  constructor(folder: string, options: IndexOptions & { readonly now: () => number }) {
    this.#index = new ShardedIndex(resolve(folder, VERSION), lines, options);
    this.#now = options.now;
  }

  async find(wanted: FinishedKey): Promise<FinishedVersion | undefined> {
    const key = keyOf(wanted);
    const [line] = await this.#index.find(key, key.slice(0, 2));
    return line?.finished;
  }

  async put(wanted: FinishedKey, finished: FinishedVersion): Promise<void> {
    const key = keyOf(wanted);
    const { rootDir } = wanted;
    await this.#index.add({ key, at: this.#now(), rootDir, finished }, key.slice(0, 2));
  }

  clear(): Promise<void> {
    return this.#index.clear();
  }
}

function keyOf({ rootDir, versionId, fileIds }: FinishedKey): string {
  const ids = [...fileIds].sort((one, other) => one - other);
  return shortHash(JSON.stringify([rootDir, versionId, ids]), KEY_LENGTH);
}
