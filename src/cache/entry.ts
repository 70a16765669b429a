import { z } from 'zod';
import type { Fingerprint } from '../disk/fingerprint.js';

/** A file on disk of which the index knows what is in it. */
export interface CachedFile extends Fingerprint {
  /** Absolute. */
  readonly path: string;
  /** In upper case; undefined where the server had none and nobody has computed it. */
  readonly sha256?: string | undefined;
  /** What it was checked by. */
  readonly verified: 'SHA256' | 'CRC32' | 'size';
  /** When, in milliseconds since the epoch. */
  readonly checkedAt: number;
  /** Civitai's numbers, as far as they are known. */
  readonly fileId?: number | undefined;
  readonly modelId?: number | undefined;
  readonly versionId?: number | undefined;
}

/** What a file is looked for by: its SHA256, or where that is not known the id that Civitai gave it. */
export interface CacheKey {
  readonly sha256?: string | undefined;
  readonly fileId?: number | undefined;
}

/** One line of the index: a file, or that what was said of one holds no longer. The newest line of a path counts. */
export type IndexLine = {
  readonly key: string;
  /** When it was said, in milliseconds since the epoch. */
  readonly at: number;
} & ({ readonly file: CachedFile } | { readonly gone: string });

const id = z.int().positive().optional();
const digits = z.string().regex(/^\d+$/);

const lineSchema: z.ZodType<IndexLine> = z.union([
  z.object({
    key: z.string(),
    at: z.number(),
    file: z.object({
      path: z.string().min(1),
      sha256: z
        .string()
        .regex(/^[0-9A-F]{64}$/)
        .optional(),
      verified: z.enum(['SHA256', 'CRC32', 'size']),
      checkedAt: z.number(),
      fileId: id,
      modelId: id,
      versionId: id,
      size: z.int().nonnegative(),
      mtimeNs: z.string().regex(/^-?\d+$/),
      ino: digits,
      dev: digits,
    }),
  }),
  z.object({ key: z.string(), at: z.number(), gone: z.string() }),
]);

/** The name under which the index keeps a file; undefined for one of which nothing is known. */
export function cacheKeyOf({ sha256, fileId }: CacheKey): string | undefined {
  if (sha256) return sha256.toUpperCase();
  return fileId === undefined ? undefined : `ID${fileId}`;
}

/** Properties in the order in which they are written, so that equal lines are equal texts. */
const ORDER = ['key', 'at', 'gone', 'file', 'path', 'sha256', 'verified', 'checkedAt']
  .concat(['fileId', 'modelId', 'versionId'])
  .concat(['size', 'mtimeNs', 'ino', 'dev']);

export function formatLine(line: IndexLine): string {
  return `${JSON.stringify(line, ORDER)}\n`;
}

/** Undefined for a text that is no line of the index. */
export function parseLine(text: string): IndexLine | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Civitai's numbers in a model file's name, if it has any. */
export function idsInName(path: string): {
  readonly modelId?: number;
  readonly versionId?: number;
  readonly fileId?: number;
} {
  const found = /-mid_(?<mid>\d{1,15})-vid_(?<vid>\d{1,15})(-fid_(?<fid>\d{1,15}))?(\.[^.]*)?$/.exec(
    path,
  )?.groups;
  if (!found) return {};
  const ids = { modelId: Number(found.mid), versionId: Number(found.vid) };
  return found.fid === undefined ? ids : { ...ids, fileId: Number(found.fid) };
}
