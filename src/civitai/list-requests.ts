import type { z } from 'zod';
import { AccessError, type CivitdlError, ServerError, UsageError } from '../errors.js';
import type { ApiRequest } from './api-request.js';
import type { ModelsQuery } from './list-source.js';
import { type KeyState, rejectedKeyError } from './rejected-key.js';
import type { ExplainRefusal } from './response.js';
import type { ModelsPage, Schemas } from './schema.js';

/** A page of a list: where it starts, and its size. */
export interface ListPage {
  /** From the page before; undefined for the first one. */
  readonly cursor?: string | undefined;
  /** From 1 to 100: 0 would never end. */
  readonly limit: number;
}

/** The largest page that the API has. */
export const MAX_LIST_PAGE = 100;
const MAX_IMAGES_PAGE = 200;
/** The bits of all levels from PG to XXX. */
const ALL_LEVELS = 31;

/** Names the images to list. */
export type ImageList = { readonly imageId: number } | { readonly postId: number };

export type CollectionPage = z.output<Schemas['collection']>;
export type PostedImagesPage = z.output<Schemas['postedImages']>;

/**
 * Returns the request for a page of models. Models of all levels are listed, unless only safe ones are wanted:
 * without `nsfw=true`, mature ones and the mature images of others are missing.
 */
export function listRequest(query: ModelsQuery, page: ListPage, key: KeyState): ApiRequest<ModelsPage> {
  return {
    path: `/api/v1/models?${listParameters(query, page)}`,
    schema: ({ modelsPage }) => modelsPage,
    subject: query.username === undefined ? 'The list of models' : `User ${query.username}`,
    explain: (response, body) => {
      if (response.status === 400)
        return new UsageError('bad-source', `Civitai refuses the list (${body.message ?? 'status 400'}).`);
      return query.favorites && response.status === 401 ? favoritesError(key) : undefined;
    },
  };
}

function listParameters(query: ModelsQuery, { cursor, limit }: ListPage): URLSearchParams {
  const { tags = [], types = [], baseModels = [], fileFormats = [], flags = [], favorites } = query;
  const parameters = new URLSearchParams();
  for (const name of ['query', 'username', 'sort', 'period', 'checkpointType'] as const)
    if (query[name] !== undefined) parameters.set(name, query[name]);
  // Several are refused.
  if (tags[0] !== undefined) parameters.set('tag', tags[0]);
  for (const type of types) parameters.append('types', type);
  for (const baseModel of baseModels) parameters.append('baseModels', baseModel);
  // A single one is refused.
  for (const format of fileFormats.length === 1 ? [...fileFormats, ...fileFormats] : fileFormats)
    parameters.append('fileFormats', format);
  for (const flag of flags) parameters.set(flag, 'true');
  // Even `false` would need a key.
  if (favorites) parameters.set('favorites', 'true');
  if (!query.isSafe) parameters.set('nsfw', 'true');
  parameters.set('limit', String(limit));
  if (cursor !== undefined) parameters.set('cursor', cursor);
  return parameters;
}

/** A wrong key looks like none. */
function favoritesError({ hasKey, keyFrom }: KeyState): AccessError {
  return hasKey
    ? rejectedKeyError('The favorites need', keyFrom)
    : new AccessError('key-missing', 'The favorites can only be listed with an API key.');
}

export function collectionRequest(
  id: number,
  cursor: string | undefined,
  hasKey: boolean,
): ApiRequest<CollectionPage> {
  const subject = `Collection ${id}`;
  const json = {
    collectionId: id,
    limit: MAX_LIST_PAGE,
    browsingLevel: ALL_LEVELS,
    ...(cursor !== undefined && { cursor }),
  };
  return {
    path: `/api/trpc/collection.getAllCollectionItems?${new URLSearchParams({ input: JSON.stringify({ json }) })}`,
    schema: ({ collection }) => collection,
    subject,
    explain: explainCollection(subject, hasKey),
    explainInvalid: (error) =>
      new ServerError('route-changed', `${subject}: ${ROUTE} has changed, and its answer cannot be read.`, {
        cause: error,
      }),
  };
}

const ROUTE = "the site's own route for collections, which is not part of the API,";

function explainCollection(subject: string, hasKey: boolean): ExplainRefusal {
  return ({ status }, { message }): CivitdlError | undefined => {
    const detail = message ? ` (${message})` : '';
    if (status === 401 && !hasKey)
      return new AccessError('key-missing', `${subject} can only be listed with an API key.`);
    if (status === 401 || status === 403)
      return new AccessError('no-access', `${subject}: ${ROUTE} refuses the API key${detail}.`);
    if (status === 400 || status === 405)
      return new ServerError('route-changed', `${subject}: ${ROUTE} has changed${detail}.`);
    return undefined;
  };
}

/** Returns the request for images that are not of a model. Other images than those asked for are left out. */
export function postedImagesRequest(
  list: ImageList,
  cursor: string | undefined,
): ApiRequest<PostedImagesPage> {
  const isImage = 'imageId' in list;
  const query = new URLSearchParams({
    ...(isImage
      ? { imageId: String(list.imageId) }
      : { postId: String(list.postId), limit: String(MAX_IMAGES_PAGE) }),
    withMeta: 'true',
    flatMeta: 'true',
    browsingLevel: String(ALL_LEVELS),
    ...(cursor !== undefined && { cursor }),
  });
  return {
    path: `/api/v1/images?${query}`,
    // At times, the server ignores the id and sends images of others.
    schema: ({ postedImages }) =>
      postedImages.transform(({ items, nextCursor }) => ({
        items: items.filter(({ id, postId }) => (isImage ? id === list.imageId : postId === list.postId)),
        nextCursor,
      })),
    subject: isImage ? `Image ${list.imageId}` : `Post ${list.postId}`,
  };
}
