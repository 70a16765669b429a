import { z } from 'zod';
import { type Rules, withJson } from './schema-rules.js';

const id = z.int().positive();

/** Texts, or numbers in older responses. */
export function createCursorSchema({ optional }: Rules) {
  return optional(z.union([z.string(), z.number()])).transform((cursor) =>
    cursor === undefined || cursor === '' ? undefined : String(cursor),
  );
}

/** A page of images with the versions that they were made with. */
export function createPostedImagesSchema(rules: Rules) {
  const { optional, list, requiredList } = rules;
  const image = withJson(z.object({ id, postId: optional(id), modelVersionIds: list(id) }));
  return z
    .object({
      items: requiredList(image),
      metadata: optional(z.object({ nextCursor: createCursorSchema(rules) })),
    })
    .transform(({ items, metadata }) => ({ items, nextCursor: metadata?.nextCursor }));
}

/** A page of a collection: cards of the site, of which models have an id and the id of one version. */
export function createCollectionSchema(rules: Rules) {
  const { optional, requiredList } = rules;
  const item = z
    .object({
      type: z.string(),
      data: optional(z.object({ id, version: optional(z.object({ id })) })),
    })
    .transform(({ type, data }) => ({ type, id: data?.id, versionId: data?.version?.id }));
  const json = z.object({ collectionItems: requiredList(item), nextCursor: createCursorSchema(rules) });
  return z.object({ result: z.object({ data: z.object({ json }) }) }).transform(({ result }) => ({
    items: result.data.json.collectionItems,
    nextCursor: result.data.json.nextCursor,
  }));
}
