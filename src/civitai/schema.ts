import { z } from 'zod';
import type { ApiJson, ExampleImage, Model, ModelFile, ModelVersion, PaidAccess } from './model.js';

/** The endpoints differ in whether they send null, an empty list or no key, so all three mean the same. */

const id = z.int().positive();

/** An unknown shape counts as missing. */
const optional = <T extends z.ZodType>(schema: T) =>
  schema
    .nullish()
    .catch(undefined)
    .transform((value) => value ?? undefined);

/** Adds the original object as `json`: that of zod would have the known keys first. */
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

/** Words that responses of 2023 have instead of bits. */
const LEVELS_BY_WORD: ReadonlyMap<unknown, number> = new Map([
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
      // KiB with a fraction that gives the exact number of bytes.
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
  return LEVELS_BY_WORD.get(image.nsfwLevel ?? image.nsfw) ?? 0;
}

const paidAccessSchema = z
  .object({ endsAt: optional(z.string()) })
  .transform(({ endsAt }): PaidAccess => ({ endsAt: endsAt === undefined ? undefined : parseDate(endsAt) }));

/** Dates without a time zone are UTC. */
function parseDate(text: string): Date | undefined {
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

/** A page of `/models`. An invalid model is skipped: the list omits others, too. */
export const modelsSchema = z.object({ items: z.array(z.unknown()) }).transform(({ items }) =>
  items.flatMap((item) => {
    const model = modelSchema.safeParse(item);
    return model.success ? [model.data] : [];
  }),
);

export const accountSchema = z.object({ username: z.string(), status: optional(z.string()) });

export type Account = z.output<typeof accountSchema>;

export const imagesSchema = z.object({ items: list(imageSchema) });

/** Owners of files by hash, in any order, with duplicates and nulls. */
export const ownersSchema = z.array(
  z.object({ modelId: id, modelVersionId: id, hash: z.string() }).nullable(),
);
