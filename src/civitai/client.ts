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

/** The API in domain words. Every method throws an error of `errors.ts`, or the signal's reason. */
export interface CivitaiClient {
  /** All published versions, their files and up to twenty images each, without generation data. */
  getModel(id: number, signal: AbortSignal): Promise<Model>;
  /** As many of these models as the list of models shows, in any order; at most a hundred, of no use beyond. */
  getModels(ids: readonly number[], signal: AbortSignal): Promise<readonly Model[]>;
  /** One version with its model's id, whether it may be downloaded, and up to ten images with generation data. */
  getModelVersion(id: number, signal: AbortSignal): Promise<ModelVersion>;
  /** The oldest published version that owns a file with this hash. */
  getModelVersionByHash(hash: string, signal: AbortSignal): Promise<ModelVersion>;
  /** The newest 200 images of a version with their generation data, those of other users among them. */
  getImages(versionId: number, signal: AbortSignal): Promise<readonly ExampleImage[]>;
  /** Who owns files with these SHA256, by the SHA256 in upper case; those that nobody owns are left out. */
  getOwners(hashes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Owner>>;
  /**
   * The signed URL of a file: a secret, valid for an hour or a day. Each call counts against the daily limit. The one
   * method that does not retry: it is a step of a transfer, which does.
   */
  getDownloadUrl(file: FileAddress, signal: AbortSignal): Promise<URL>;
}

/** The version that a file belongs to. */
export interface Owner {
  readonly modelId: number;
  readonly versionId: number;
}

export interface ClientOptions {
  readonly http: Http;
  /** Origin of the API; URLs in its answers are rebuilt on it. */
  readonly baseUrl: URL;
  /** Whether `http` sends a key to `baseUrl`. */
  readonly hasKey: boolean;
  readonly retry: RetryPolicy;
}

/** Most images that one request of the images route gives. */
const IMAGES_PAGE = 200;
/** Most hashes that one request may ask for. */
const HASHES_PAGE = 10_000;

export function createClient({ http, baseUrl, hasKey, retry }: ClientOptions): CivitaiClient {
  function ask<T>(
    path: string,
    schema: z.ZodType<T>,
    subject: string,
    signal: AbortSignal,
    policy = retry,
  ): Promise<T> {
    const attempt = async () =>
      parseResponse(await http.getFollowing(new URL(path, baseUrl), { signal }), schema, subject);
    return withRetry(attempt, policy, signal);
  }

  async function askOwners(hashes: readonly string[], signal: AbortSignal) {
    const url = new URL('/api/v1/model-versions/by-hash/ids', baseUrl);
    const attempt = async () =>
      parseResponse(await http.post(url, hashes, { signal }), ownersSchema, 'The owners of files');
    const owners = await withRetry(attempt, retry, signal);
    return owners.filter((owner) => owner !== null);
  }

  return {
    getModel: (id, signal) => ask(`/api/v1/models/${id}`, modelSchema, `Model ${id}`, signal),
    getModels: (ids, signal) => {
      const path = `/api/v1/models?ids=${ids.join(',')}&nsfw=true`;
      // Without the list, each model can be had by itself.
      const policy = { ...retry, retries: Math.min(retry.retries, 1) };
      return ask(path, modelsSchema, `A list of ${ids.length} models`, signal, policy);
    },
    getModelVersion: (id, signal) =>
      ask(`/api/v1/model-versions/${id}`, versionSchema, `Model version ${id}`, signal),
    getModelVersionByHash: (hash, signal) =>
      ask(`/api/v1/model-versions/by-hash/${hash}`, versionSchema, `A file with the hash ${hash}`, signal),
    getImages: async (versionId, signal) => {
      const query = `modelVersionId=${versionId}&limit=${IMAGES_PAGE}&withMeta=true&flatMeta=true&browsingLevel=31`;
      const page = await ask(
        `/api/v1/images?${query}`,
        imagesSchema,
        `Images of model version ${versionId}`,
        signal,
      );
      return page.items;
    },
    getOwners: async (hashes, signal) => {
      const owners = new Map<string, Owner>();
      for (let start = 0; start < hashes.length; start += HASHES_PAGE) {
        const page = await askOwners(hashes.slice(start, start + HASHES_PAGE), signal);
        // The oldest version, as for a single hash.
        for (const { hash, modelId, modelVersionId } of page.sort(
          (a, b) => b.modelVersionId - a.modelVersionId,
        ))
          owners.set(hash.toUpperCase(), { modelId, versionId: modelVersionId });
      }
      return owners;
    },
    getDownloadUrl: (file, signal) =>
      getDownloadUrl({ http, baseUrl, hasKey, sleep: retry.sleep }, file, signal),
  };
}

/**
 * Whose key the http sends, by the one route that does not answer a bad key like no key.
 * @throws AccessError when the key is refused
 */
export async function getAccount(http: Http, baseUrl: URL, signal: AbortSignal): Promise<Account> {
  return parseResponse(
    await http.get(new URL('/api/v1/me', baseUrl), { signal }),
    accountSchema,
    'The account',
  );
}
