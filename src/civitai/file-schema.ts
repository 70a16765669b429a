import { z } from 'zod';
import type { ApiJson, BrokenFile, ModelFile } from './model.js';
import { isRecord, type Rules } from './schema-rules.js';

const id = z.int().positive();

/** The hashes that files are verified by: one of another length would fail every download. */
const HASH_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['SHA256', 64],
  ['BLAKE3', 64],
  ['CRC32', 8],
]);

function createHashesSchema({ isStrict }: Rules): z.ZodType<ReadonlyMap<string, string>> {
  return z
    .custom<ApiJson>((value) => !isStrict || value == null || isRecord(value), 'not an object')
    .optional()
    .transform((hashes, context) => {
      const read = new Map<string, string>();
      for (const [type, hash] of Object.entries(isRecord(hashes) ? hashes : {})) {
        if (isHash(type, hash)) read.set(type, hash.toUpperCase());
        else if (isStrict && hash) {
          const message = `not a hash of type ${type}`;
          context.issues.push({ code: 'custom', message, path: [type], input: hash });
        }
      }
      return read;
    });
}

function isHash(type: string, hash: unknown): hash is string {
  if (typeof hash !== 'string' || hash === '') return false;
  const length = HASH_LENGTHS.get(type);
  return length === undefined || (hash.length === length && /^[0-9a-f]+$/i.test(hash));
}

/** A file of a version, as all routes send it. */
export function createFileSchema(rules: Rules) {
  const { optional } = rules;
  return z
    .object({
      id,
      name: z.string(),
      type: optional(z.string()),
      sizeKB: optional(z.number().nonnegative()),
      metadata: optional(
        z.object({
          format: optional(z.string()),
          fp: optional(z.string()),
          size: optional(z.string()),
          quantType: optional(z.string()),
        }),
      ),
      hashes: createHashesSchema(rules),
      primary: optional(z.boolean()),
      pickleScanResult: optional(z.string()),
      virusScanResult: optional(z.string()),
      downloadUrl: optional(z.string()),
    })
    .transform(
      ({
        metadata,
        sizeKB,
        pickleScanResult: pickleScan,
        virusScanResult: virusScan,
        ...file
      }): ModelFile => ({
        ...file,
        type: file.type ?? missingType(file.primary),
        // KiB with a fraction that gives the exact number of bytes.
        size: sizeKB === undefined ? undefined : Math.round(sizeKB * 1024),
        format: metadata?.format,
        precision: metadata?.fp,
        variant: metadata?.size,
        quantType: metadata?.quantType,
        primary: file.primary ?? false,
        pickleScan,
        virusScan,
      }),
    );
}

/** Reads what there is of a file without a valid id or name. */
export function createBrokenFileSchema({ optional }: Rules) {
  const parts = z
    .object({
      id: optional(id),
      name: optional(z.string()),
      type: optional(z.string()),
      primary: optional(z.boolean()),
    })
    .catch({ id: undefined, name: undefined, type: undefined, primary: undefined });
  return parts.transform(
    ({ id: fileId, name, type, primary }): BrokenFile => ({
      id: fileId,
      missing: fileId === undefined ? 'id' : 'name',
      name,
      type: type ?? missingType(primary),
      primary: primary ?? false,
    }),
  );
}

/** Primary files have main weights, except in a few versions. */
function missingType(isPrimary: boolean | undefined): string {
  return isPrimary ? 'Model' : 'Other';
}
