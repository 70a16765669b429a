import { z } from 'zod';
import { type ApiRequest, type ClientOptions, parse, sendRequest } from './api-request.js';
import { hasAllParts } from './checkpoint-parts.js';
import { type FileAddress, getDownloadUrl } from './download-url.js';
import {
  type CollectionPage,
  collectionRequest,
  type ImageList,
  type ListPage,
  listRequest,
  type PostedImagesPage,
  postedImagesRequest,
} from './list-requests.js';
import type { ModelsQuery } from './list-source.js';
import type { ExampleImage, Model, ModelVersion } from './model.js';
import type { KeyState } from './rejected-key.js';
import type { Account, ModelsPage, Schemas } from './schema.js';

/** The API of Civitai. Every method throws errors of `errors.ts`. */
export interface CivitaiClient {
  /** All published versions, their files and up to twenty images each, without generation data. */
  getModel(id: number, signal: AbortSignal, route?: ModelRoute): Promise<Model>;
  /** Those of up to a hundred models that Civitai's list shows, in any order. */
  getModels(ids: readonly number[], signal: AbortSignal): Promise<readonly Model[]>;
  /** One version with its usage control, and up to ten images with generation data. */
  getModelVersion(id: number, signal: AbortSignal): Promise<ModelVersion>;
  /** The oldest published version that owns a file with this hash. */
  getModelVersionByHash(hash: string, signal: AbortSignal): Promise<ModelVersion>;
  /** Images of a version with generation data, the oldest first; without a creator those of all users. */
  getImages(versionId: number, page: ImagesQuery, signal: AbortSignal): Promise<ImagesPage>;
  /** A page of a list of models of all levels. A page can be short, even empty; only a missing cursor ends the list. */
  listModels(query: ModelsQuery, page: ListPage, signal: AbortSignal): Promise<ModelsPage>;
  /** A page of a collection, by a route of the site that is not part of the API. */
  getCollectionItems(id: number, cursor: string | undefined, signal: AbortSignal): Promise<CollectionPage>;
  /** A page of the images with an id or of a post, with the versions that they were made with. */
  getPostedImages(
    list: ImageList,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<PostedImagesPage>;
  /** Whether a checkpoint has a VAE or text encoders, by the names of its tensors; undefined if they are not known. */
  isCompleteCheckpoint(fileId: number, signal: AbortSignal): Promise<boolean | undefined>;
  /** The oldest owner of each file by its SHA256 in upper case; files without an owner are missing. */
  getOwners(hashes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Owner>>;
  /** A secret, valid for an hour or a day. Not retried, because each call counts against the daily limit. */
  getDownloadUrl(file: FileAddress, signal: AbortSignal): Promise<URL>;
}

/** `own` is the route of a single model; a list of models lacks some facts. */
type ModelRoute = 'any' | 'own';

export interface ImagesQuery {
  readonly creator?: string | undefined;
  /** From the page before. */
  readonly cursor?: string | undefined;
}

interface ImagesPage {
  readonly items: readonly ExampleImage[];
  /** Undefined on the last page. */
  readonly nextCursor: string | undefined;
}

export interface Owner {
  readonly modelId: number;
  readonly versionId: number;
}

const MAX_IMAGES_PER_REQUEST = 200;
const MAX_HASHES_PER_REQUEST = 10_000;

export function createClient(options: ClientOptions): CivitaiClient {
  const { http, baseUrl, hasKey, keyFrom, retry } = options;
  const keyState = (): KeyState => ({ hasKey: hasKey(), keyFrom: keyFrom?.() });
  const send = <T>(request: ApiRequest<T>, signal: AbortSignal) => sendRequest(request, options, signal);
  return {
    getModel: (id, signal) => send(modelRequest(id), signal),
    getModels: (ids, signal) => send(modelsRequest(ids), signal),
    getModelVersion: (id, signal) => send(versionRequest(id), signal),
    getModelVersionByHash: (hash, signal) => send(hashRequest(hash), signal),
    getImages: (versionId, query, signal) => send(imagesRequest(versionId, query), signal),
    listModels: (query, page, signal) => send(listRequest(query, page, keyState()), signal),
    getCollectionItems: (id, cursor, signal) => send(collectionRequest(id, cursor, hasKey()), signal),
    getPostedImages: (list, cursor, signal) => send(postedImagesRequest(list, cursor), signal),
    isCompleteCheckpoint: (fileId, signal) => send(tensorsRequest(fileId), signal),
    getOwners: (hashes, signal) => getOwners(hashes, (page) => send(ownersRequest(page), signal)),
    getDownloadUrl: (file, signal) =>
      getDownloadUrl({ http, baseUrl, ...keyState(), sleep: retry.sleep }, file, signal),
  };
}

/** @throws AccessError when the key is refused: no other route distinguishes an invalid key from a missing one */
export async function getAccount(
  { http, baseUrl, trace }: Pick<ClientOptions, 'http' | 'baseUrl' | 'trace'>,
  signal: AbortSignal,
): Promise<Account> {
  const response = await http.get(new URL('/api/v1/me', baseUrl), { signal });
  return parse(response, { schema: ({ account }) => account, subject: 'The account' }, trace);
}

function modelRequest(id: number): ApiRequest<Model> {
  return { path: `/api/v1/models/${id}`, schema: ({ model }) => model, subject: `Model ${id}` };
}

function modelsRequest(ids: readonly number[]): ApiRequest<readonly Model[]> {
  return {
    path: `/api/v1/models?ids=${ids.join(',')}&nsfw=true`,
    schema: ({ models }) => models,
    subject: `A list of ${ids.length} models`,
    // Each model has a route of its own.
    maxRetries: 1,
  };
}

function versionRequest(id: number): ApiRequest<ModelVersion> {
  return {
    path: `/api/v1/model-versions/${id}`,
    schema: ({ version }) => version,
    subject: `Model version ${id}`,
  };
}

function hashRequest(hash: string): ApiRequest<ModelVersion> {
  return {
    path: `/api/v1/model-versions/by-hash/${hash}`,
    schema: ({ version }) => version,
    subject: `A file with the hash ${hash}`,
  };
}

function imagesRequest(versionId: number, { creator, cursor }: ImagesQuery): ApiRequest<ImagesPage> {
  const query = new URLSearchParams({
    modelVersionId: String(versionId),
    limit: String(MAX_IMAGES_PER_REQUEST),
    // The order of the model's own images, which new ones do not change.
    sort: 'Oldest',
    withMeta: 'true',
    flatMeta: 'true',
    browsingLevel: '31',
    ...(creator !== undefined && { username: creator }),
    ...(cursor !== undefined && { cursor }),
  });
  return {
    path: `/api/v1/images?${query}`,
    schema: ({ images }) => images,
    subject: `Images of model version ${versionId}`,
  };
}

function tensorsRequest(fileId: number): ApiRequest<boolean | undefined> {
  return {
    path: `/api/v1/model-files/${fileId}/tensor-metadata`,
    schema: () => z.unknown().transform(hasAllParts),
    subject: `The tensors of file ${fileId}`,
    // The base model decides without them.
    maxRetries: 0,
  };
}

type OwnersPage = z.output<Schemas['owners']>;

function ownersRequest(hashes: readonly string[]): ApiRequest<OwnersPage> {
  return {
    path: '/api/v1/model-versions/by-hash/ids',
    schema: ({ owners }) => owners,
    subject: 'The owners of files',
    body: hashes,
  };
}

async function getOwners(
  hashes: readonly string[],
  getPage: (hashes: readonly string[]) => Promise<OwnersPage>,
): Promise<ReadonlyMap<string, Owner>> {
  const owners = new Map<string, Owner>();
  for (let start = 0; start < hashes.length; start += MAX_HASHES_PER_REQUEST) {
    const page = await getPage(hashes.slice(start, start + MAX_HASHES_PER_REQUEST));
    // Newest first, so that the oldest version remains, as for a single hash.
    const newestFirst = page.sort((one, other) => other.modelVersionId - one.modelVersionId);
    for (const { hash, modelId, modelVersionId } of newestFirst)
      owners.set(hash.toUpperCase(), { modelId, versionId: modelVersionId });
  }
  return owners;
}
