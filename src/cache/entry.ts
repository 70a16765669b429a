import { z } from 'zod';
import type { Verification } from '../disk/checksum/checksum.js';
import type { Fingerprint } from '../disk/fingerprint.js';
import type { LineFormat } from './shard.js';

/** A file on disk with known content. */
export interface CachedFile extends Fingerprint {
  /** Absolute. */
  readonly path: string;
  /** In upper case; undefined if the server has none. */
  readonly sha256?: string | undefined;
  readonly verified: Verification;
  /** Milliseconds since the epoch, like all times of the index. */
  readonly checkedAt: number;
  readonly fileId?: number | undefined;
  readonly modelId?: number | undefined;
  readonly versionId?: number | undefined;
}

/** Identifies a content: by its SHA256, or if that is unknown, by the id of the file on Civitai. */
export interface CacheKey {
  readonly sha256?: string | undefined;
  readonly fileId?: number | undefined;
}

/** A line adds a file to the index, or removes one. The newest line of a key and path counts. */
export type IndexLine = {
  readonly key: string;
  readonly at: number;
} & ({ readonly file: CachedFile } | { readonly gone: string });

const id = z.int().positive().optional();
const digits = z.string().regex(/^\d+$/);

/** The fields of a fingerprint, and of a verification, in a line. */
export const fileFingerprint = {
  size: z.int().nonnegative(),
  mtimeNs: z.string().regex(/^-?\d+$/),
  ino: digits,
  dev: digits,
};
export const verification = z.enum(['SHA256', 'BLAKE3', 'CRC32', 'size']);

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
      verified: verification,
      checkedAt: z.number(),
      fileId: id,
      modelId: id,
      versionId: id,
      ...fileFingerprint,
    }),
  }),
  z.object({ key: z.string(), at: z.number(), gone: z.string() }),
]);

/** Returns the key of a file in the index; undefined if neither SHA256 nor id is known. */
export function cacheKeyOf({ sha256, fileId }: CacheKey): string | undefined {
  if (sha256) return sha256.toUpperCase();
  return fileId === undefined ? undefined : `ID${fileId}`;
}

/** Makes equal lines equal texts. */
const PROPERTY_ORDER = ['key', 'at', 'gone', 'file', 'path', 'sha256', 'verified', 'checkedAt']
  .concat(['fileId', 'modelId', 'versionId'])
  .concat(['size', 'mtimeNs', 'ino', 'dev']);

export function formatLine(line: IndexLine): string {
  return `${JSON.stringify(line, PROPERTY_ORDER)}\n`;
}

/** Returns undefined for a corrupt line. */
export function parseLine(text: string): IndexLine | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export type FileLine = Extract<IndexLine, { file: CachedFile }>;

/** The lines of the index of files. */
export const fileLines: LineFormat<IndexLine, FileLine> = {
  format: formatLine,
  parse: parseLine,
  subjectOf: (line) => ('file' in line ? line.file.path : line.gone),
  isEntry: (line) => 'file' in line,
};

/** Returns the ids of Civitai in the name of a model file, if any. */
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
