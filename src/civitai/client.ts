import type { z } from 'zod';
import type { Http } from '../http/client.js';
import { type RetryPolicy, withRetry } from '../http/retry.js';
import { type FileAddress, getDownloadUrl } from './download-url.js';
import type { ExampleImage, Model, ModelVersion } from './model.js';
import { parseResponse } from './response.js';
import {
  type Account,
  accountSchema,
  imagesSchema,
  modelSchema,
  modelsSchema,
  ownersSchema,
  versionSchema,
} from './schema.js';

/** The API of Civitai. Every method throws errors of `errors.ts`. */
export interface CivitaiClient {
  /** All published versions, their files and up to twenty images each, without generation data. */
  getModel(id: number, signal: AbortSignal): Promise<Model>;
  /** Those of up to a hundred models that Civitai's list shows, in any order. */
  getModels(ids: readonly number[], signal: AbortSignal): Promise<readonly Model[]>;
  /** One version with its usage control, and up to ten images with generation data. */
  getModelVersion(id: number, signal: AbortSignal): Promise<ModelVersion>;
  /** The oldest published version that owns a file with this hash. */
  getModelVersionByHash(hash: string, signal: AbortSignal): Promise<ModelVersion>;
  /** The newest 200 images of a version with generation data, including those of other users. */
  getImages(versionId: number, signal: AbortSignal): Promise<readonly ExampleImage[]>;
  /** The oldest owner of each file by its SHA256 in upper case; files without an owner are missing. */
  getOwners(hashes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Owner>>;
  /** A secret, valid for an hour or a day. Not retried, because each call counts against the daily limit. */
  getDownloadUrl(file: FileAddress, signal: AbortSignal): Promise<URL>;
}

export interface Owner {
  readonly modelId: number;
  readonly versionId: number;
}

export interface ClientOptions {
  readonly http: Http;
  readonly baseUrl: URL;
  /** Whether `http` sends a key to `baseUrl`. */
  readonly hasKey: boolean;
  readonly retry: RetryPolicy;
}

interface ApiRequest<T> {
  readonly path: string;
  readonly schema: z.ZodType<T>;
  /** Subject of error messages. */
  readonly subject: string;
  /** JSON of a POST request. */
  readonly body?: unknown;
  readonly maxRetries?: number;
}

const MAX_IMAGES_PER_REQUEST = 200;
const MAX_HASHES_PER_REQUEST = 10_000;

export function createClient(options: ClientOptions): CivitaiClient {
  const { http, baseUrl, hasKey, retry } = options;
  const send = <T>(request: ApiRequest<T>, signal: AbortSignal) => sendRequest(request, options, signal);
  return {
    getModel: (id, signal) => send(modelRequest(id), signal),
    getModels: (ids, signal) => send(modelsRequest(ids), signal),
    getModelVersion: (id, signal) => send(versionRequest(id), signal),
    getModelVersionByHash: (hash, signal) => send(hashRequest(hash), signal),
    getImages: async (versionId, signal) => (await send(imagesRequest(versionId), signal)).items,
    getOwners: (hashes, signal) => getOwners(hashes, (page) => send(ownersRequest(page), signal)),
    getDownloadUrl: (file, signal) =>
      getDownloadUrl({ http, baseUrl, hasKey, sleep: retry.sleep }, file, signal),
  };
}

/** @throws AccessError when the key is refused: no other route distinguishes an invalid key from a missing one */
export async function getAccount(http: Http, baseUrl: URL, signal: AbortSignal): Promise<Account> {
  const response = await http.get(new URL('/api/v1/me', baseUrl), { signal });
  return parseResponse(response, accountSchema, 'The account');
}

async function sendRequest<T>(
  { path, schema, subject, body, maxRetries = Infinity }: ApiRequest<T>,
  { http, baseUrl, retry }: ClientOptions,
  signal: AbortSignal,
): Promise<T> {
  const url = new URL(path, baseUrl);
  const attempt = async () => {
    const response =
      body === undefined ? await http.getFollowing(url, { signal }) : await http.post(url, body, { signal });
    return parseResponse(response, schema, subject);
  };
  return withRetry(attempt, { ...retry, retries: Math.min(retry.retries, maxRetries) }, signal);
}

function modelRequest(id: number): ApiRequest<Model> {
  return { path: `/api/v1/models/${id}`, schema: modelSchema, subject: `Model ${id}` };
}

function modelsRequest(ids: readonly number[]): ApiRequest<readonly Model[]> {
  return {
    path: `/api/v1/models?ids=${ids.join(',')}&nsfw=true`,
    schema: modelsSchema,
    subject: `A list of ${ids.length} models`,
    // Each model has a route of its own.
    maxRetries: 1,
  };
}

function versionRequest(id: number): ApiRequest<ModelVersion> {
  return { path: `/api/v1/model-versions/${id}`, schema: versionSchema, subject: `Model version ${id}` };
}

function hashRequest(hash: string): ApiRequest<ModelVersion> {
  return {
    path: `/api/v1/model-versions/by-hash/${hash}`,
    schema: versionSchema,
    subject: `A file with the hash ${hash}`,
  };
}

function imagesRequest(versionId: number): ApiRequest<z.output<typeof imagesSchema>> {
  const query = `modelVersionId=${versionId}&limit=${MAX_IMAGES_PER_REQUEST}&withMeta=true&flatMeta=true&browsingLevel=31`;
  return {
    path: `/api/v1/images?${query}`,
    schema: imagesSchema,
    subject: `Images of model version ${versionId}`,
  };
}

type OwnersPage = z.output<typeof ownersSchema>;

function ownersRequest(hashes: readonly string[]): ApiRequest<OwnersPage> {
  return {
    path: '/api/v1/model-versions/by-hash/ids',
    schema: ownersSchema,
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
    const newestFirst = page
      .filter((owner) => owner !== null)
      .sort((one, other) => other.modelVersionId - one.modelVersionId);
    for (const { hash, modelId, modelVersionId } of newestFirst)
      owners.set(hash.toUpperCase(), { modelId, versionId: modelVersionId });
  }
  return owners;
}
