import { z } from 'zod';
import { parseAir } from './air.js';
import { parseDate } from './date.js';
import { createBrokenFileSchema, createFileSchema } from './file-schema.js';
import { toOwnForm } from './list-entry.js';
import { createCollectionSchema, createCursorSchema, createPostedImagesSchema } from './list-schemas.js';
import type {
  BrokenFile,
  BrokenVersion,
  ExampleImage,
  Model,
  ModelFile,
  ModelVersion,
  PaidAccess,
} from './model.js';
import { LENIENT, type Rules, STRICT, withJson } from './schema-rules.js';

const id = z.int().positive();

/** Words that responses of 2023 have instead of bits. */
const LEVELS_BY_WORD: ReadonlyMap<unknown, number> = new Map([
  ['None', 1],
  ['Soft', 2],
  ['Mature', 4],
  ['X', 8],
  ['Blocked', 32],
]);

function createImageSchema({ optional }: Rules): z.ZodType<ExampleImage> {
  return withJson(
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
}

function imageLevel(image: {
  nsfwLevel?: unknown;
  browsingLevel?: number | undefined;
  nsfw?: unknown;
}): number {
  if (typeof image.nsfwLevel === 'number') return image.nsfwLevel;
  if (image.browsingLevel !== undefined) return image.browsingLevel;
  return LEVELS_BY_WORD.get(image.nsfwLevel ?? image.nsfw) ?? 0;
}

/** An object without both properties means free access. With `permanent: true`, the access never becomes free. */
function createPaidAccessSchema({ optional }: Rules): z.ZodType<PaidAccess | undefined> {
  return z
    .object({ permanent: optional(z.boolean()), endsAt: optional(z.string()) })
    .transform(({ permanent, endsAt }) => {
      if (permanent === undefined && endsAt === undefined) return undefined;
      return { endsAt: permanent || endsAt === undefined ? undefined : parseDate(endsAt) };
    });
}

/** @param name of the version: required in its own response, but not in a list of versions */
function createVersionSchema(rules: Rules, name: z.ZodType<string | undefined>): z.ZodType<ModelVersion> {
  const { optional, list, isStrict } = rules;
  const file = createFileSchema(rules);
  return withJson(
    z
      .object({
        id,
        modelId: optional(id),
        air: optional(z.string()),
        name,
        baseModel: optional(z.string()),
        createdAt: optional(z.string()),
        publishedAt: optional(z.string()),
        usageControl: optional(z.string().min(1)),
        paidAccess: optional(createPaidAccessSchema(rules)),
        files: list(isStrict ? file : z.union([file, createBrokenFileSchema(rules)])),
        images: list(createImageSchema(rules)),
        model: optional(z.object({ name: optional(z.string()), type: optional(z.string()) })),
      })
      .transform(({ baseModel, modelId, air, files, ...version }) => ({
        ...version,
        modelId: modelId ?? modelIdIn(air),
        name: version.name ?? String(version.id),
        baseModel: baseModel ?? 'Other',
        ...separateBrokenFiles(files),
      })),
  );
}

function separateBrokenFiles(
  listed: readonly (ModelFile | BrokenFile)[],
): Pick<ModelVersion, 'files' | 'brokenFiles'> {
  const files = listed.filter((file): file is ModelFile => !('missing' in file));
  const brokenFiles = listed.filter((file): file is BrokenFile => 'missing' in file);
  return { files, ...(brokenFiles.length > 0 && { brokenFiles }) };
}

/** The AIR of a version has the id of its model, too. */
function modelIdIn(air: string | undefined): number | undefined {
  try {
    const source = air === undefined ? undefined : parseAir(air);
    return source?.kind === 'version' ? source.modelId : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the name of a version without a valid id. */
function createBrokenVersionSchema({ optional }: Rules) {
  const parts = z.object({ name: optional(z.string()) }).catch({ name: undefined });
  return parts.transform(({ name }) => ({ isBroken: true as const, name }));
}

function createModelSchema(rules: Rules): z.ZodType<Model> {
  const { optional, list, isStrict } = rules;
  const version = createVersionSchema(rules, optional(z.string()));
  return withJson(
    z
      .object({
        id,
        name: z.string(),
        type: optional(z.string()),
        mode: optional(z.enum(['Archived', 'TakenDown'])),
        creator: optional(z.object({ username: optional(z.string()) })),
        tags: list(z.string()),
        nsfwLevel: optional(z.int()),
        modelVersions: list(isStrict ? version : z.union([version, createBrokenVersionSchema(rules)])),
      })
      .transform(({ type, creator, nsfwLevel, modelVersions, ...model }) => ({
        ...model,
        type: type ?? 'Other',
        creator: creator?.username,
        nsfwLevel: nsfwLevel ?? 0,
        ...separateBrokenVersions(modelVersions),
      })),
  );
}

function separateBrokenVersions(
  listed: readonly (ModelVersion | { readonly isBroken: true; readonly name: string | undefined })[],
): Pick<Model, 'versions' | 'brokenVersions'> {
  const versions: ModelVersion[] = [];
  const brokenVersions: BrokenVersion[] = [];
  for (const version of listed) {
    if ('isBroken' in version) brokenVersions.push({ name: version.name, position: versions.length });
    else versions.push(version);
  }
  return { versions, ...(brokenVersions.length > 0 && { brokenVersions }) };
}

export type Schemas = ReturnType<typeof createSchemas>;

/** Schemas of all responses, which leave out what a download can do without. */
export const schemas = createSchemas(LENIENT);

export const {
  model: modelSchema,
  version: versionSchema,
  images: imagesSchema,
  owners: ownersSchema,
  account: accountSchema,
} = schemas;

/** Returns schemas that have an issue for everything that {@link schemas} leave out. */
export function createStrictSchemas(): Schemas {
  return createSchemas(STRICT);
}

export type Account = z.output<Schemas['account']>;
export type ModelsPage = z.output<Schemas['modelsPage']>;

function createSchemas(rules: Rules) {
  const { optional, list, requiredList } = rules;
  const model = createModelSchema(rules);
  const listed = z.preprocess(toOwnForm, model).transform((read): Model => ({ ...read, isListEntry: true }));
  const owner = z.object({ modelId: id, modelVersionId: id, hash: z.string() });
  return {
    model,
    version: createVersionSchema(rules, z.string()),
    /** A page of `/models`. An invalid model is left out: the list omits others, too. */
    models: z.object({ items: requiredList(listed) }).transform((page): readonly Model[] => page.items),
    /** A page of a list of models, with the cursor of the next one. */
    modelsPage: z
      .object({
        items: requiredList(listed),
        metadata: optional(z.object({ nextCursor: createCursorSchema(rules) })),
      })
      .transform(({ items, metadata }) => ({ items, nextCursor: metadata?.nextCursor })),
    collection: createCollectionSchema(rules),
    postedImages: createPostedImagesSchema(rules),
    account: z.object({ username: optional(z.string()), status: optional(z.string()) }),
    images: z
      .object({
        items: list(createImageSchema(rules)),
        metadata: optional(z.object({ nextCursor: createCursorSchema(rules) })),
      })
      .transform(({ items, metadata }) => ({ items, nextCursor: metadata?.nextCursor })),
    /** Owners of files by hash, in any order, with duplicates and nulls. */
    owners: requiredList(owner),
  };
}
