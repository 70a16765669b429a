import { z } from 'zod';
import type { ApiJson, ExampleImage, Model, ModelFile, ModelVersion, PaidAccess } from './model.js';

/**
 * The API's answers, in the API's spelling, turned into domain words. Strict on what is used, lenient on the
 * rest: enums are open, and null, an empty list and an absent key all mean the same, since the endpoints differ
 * in which of them they send.
 */

const id = z.int().positive();

/** A value that may be absent, null, or of a shape nobody knows: in the last case it counts as absent. */
const optional = <T extends z.ZodType>(schema: T) =>
  schema
    .nullish()
    .catch(undefined)
    .transform((value) => value ?? undefined);

/** Parses by a schema and keeps the object as it came beside it: zod would put known keys first. */
const withJson = <T extends object>(schema: z.ZodType<T>) =>
  z
    .custom<ApiJson>((value) => typeof value === 'object' && value !== null, 'not an object')
    .transform((json, context) => {
      const parsed = schema.safeParse(json);
      if (parsed.success) return { ...parsed.data, json };
      context.issues.push(
        ...parsed.error.issues.map((issue) => ({ ...issue, input: json }) as z.core.$ZodRawIssue),
      );
      return z.NEVER;
    });

const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

/** Levels of 2023, when an image had a word instead of bits. */
const OLD_LEVELS: ReadonlyMap<unknown, number> = new Map([
  ['None', 1],
  ['Soft', 2],
  ['Mature', 4],
  ['X', 8],
  ['Blocked', 32],
]);

const fileSchema = z
  .object({
    id,
    name: z.string(),
    type: z.string(),
    sizeKB: optional(z.number().nonnegative()),
    metadata: optional(
      z.object({
        format: optional(z.string()),
        fp: optional(z.string()),
        size: optional(z.string()),
        quantType: optional(z.string()),
      }),
    ),
    hashes: z.record(z.string(), z.string().nullable()).nullish(),
    primary: optional(z.boolean()),
    downloadUrl: optional(z.string()),
  })
  .transform(
    (file): ModelFile => ({
      id: file.id,
      name: file.name,
      type: file.type,
      // KiB as a fraction: rounded after the product, the number of bytes is exact.
      size: file.sizeKB === undefined ? undefined : Math.round(file.sizeKB * 1024),
      format: file.metadata?.format,
      precision: file.metadata?.fp,
      variant: file.metadata?.size,
      quantType: file.metadata?.quantType,
      hashes: new Map(
        Object.entries(file.hashes ?? {}).flatMap(([type, hash]) =>
          hash ? [[type, hash.toUpperCase()]] : [],
        ),
      ),
      primary: file.primary ?? false,
      downloadUrl: file.downloadUrl,
    }),
  );

const imageSchema: z.ZodType<ExampleImage> = withJson(
  z
    .object({
      url: z.url(),
      type: optional(z.enum(['image', 'video', 'audio'])),
      nsfwLevel: optional(z.union([z.int(), z.string()])),
      browsingLevel: optional(z.int()),
      nsfw: optional(z.union([z.boolean(), z.string()])),
    })
    .transform((image) => ({ url: image.url, type: image.type ?? 'image', nsfwLevel: imageLevel(image) })),
);

function imageLevel(image: {
  nsfwLevel?: unknown;
  browsingLevel?: number | undefined;
  nsfw?: unknown;
}): number {
  if (typeof image.nsfwLevel === 'number') return image.nsfwLevel;
  if (image.browsingLevel !== undefined) return image.browsingLevel;
  return OLD_LEVELS.get(image.nsfwLevel ?? image.nsfw) ?? 0;
}

const paidAccessSchema = z
  .object({ endsAt: optional(z.string()) })
  .transform(({ endsAt }): PaidAccess => ({ endsAt: endsAt === undefined ? undefined : serverDate(endsAt) }));

/** Dates are UTC, with or without the letter that says so. */
function serverDate(text: string): Date | undefined {
  const date = new Date(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export const versionSchema: z.ZodType<ModelVersion> = withJson(
  z
    .object({
      id,
      modelId: optional(id),
      name: z.string(),
      baseModel: optional(z.string()),
      usageControl: optional(z.string()),
      paidAccess: optional(paidAccessSchema),
      files: list(fileSchema),
      images: list(imageSchema),
      model: optional(z.object({ name: z.string(), type: z.string() })),
    })
    .transform(({ baseModel, ...version }) => ({ ...version, baseModel: baseModel ?? 'Other' })),
);

export const modelSchema: z.ZodType<Model> = withJson(
  z
    .object({
      id,
      name: z.string(),
      type: z.string(),
      mode: optional(z.enum(['Archived', 'TakenDown'])),
      creator: optional(z.object({ username: optional(z.string()) })),
      tags: list(z.string()),
      nsfwLevel: optional(z.int()),
      modelVersions: list(versionSchema),
    })
    .transform(({ creator, nsfwLevel, modelVersions, ...model }) => ({
      ...model,
      creator: creator?.username,
      nsfwLevel: nsfwLevel ?? 0,
      versions: modelVersions,
    })),
);

/** A page of `/models`. One of them that makes no sense is left out, as the list leaves out others. */
export const modelsSchema = z.object({ items: z.array(z.unknown()) }).transform(({ items }) =>
  items.flatMap((item) => {
    const model = modelSchema.safeParse(item);
    return model.success ? [model.data] : [];
  }),
);

export const accountSchema = z.object({ username: z.string(), status: optional(z.string()) });

export type Account = z.output<typeof accountSchema>;

/** A page of `/images`, whose entries have an id, a level in words, and `meta` as asked for. */
export const imagesSchema = z.object({ items: list(imageSchema) });

/** Which versions own files with some hashes: in any order, some twice, nulls among them, and nothing of the others. */
export const ownersSchema = z.array(
  z.object({ modelId: id, modelVersionId: id, hash: z.string() }).nullable(),
);
