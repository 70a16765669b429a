import type { CatalogFile, CatalogImage, CatalogModel, CatalogVersion } from './entry.js';

type Given<T, Key extends keyof T> = Pick<T, Key> & Partial<T>;

/** Makes a LORA by `inkmaker`. */
export function model(given: Given<CatalogModel, 'id' | 'name' | 'versions'>): CatalogModel {
  return {
    type: 'LORA',
    creator: 'inkmaker',
    tags: ['style', 'ink'],
    nsfwLevel: given.versions.reduce((union, { nsfwLevel }) => union | nsfwLevel, 0) || 1,
    mode: null,
    ...given,
  };
}

/** Makes a published version that everyone may download; its first file is the primary one. */
export function version(given: Given<CatalogVersion, 'id' | 'name' | 'files'>): CatalogVersion {
  const images = given.images ?? [];
  return {
    baseModel: 'SDXL 1.0',
    trainedWords: [],
    images,
    nsfwLevel: images.reduce((union, { nsfwLevel }) => union | nsfwLevel, 0) || 1,
    primaryFileId: given.files[0]?.id ?? null,
    usageControl: 'Download',
    paidAccess: null,
    requiresLogin: false,
    private: false,
    listed: true,
    linkedVae: null,
    ...given,
  };
}

/** Makes a small safetensors file on R2 with all its hashes. */
export function file(given: Given<CatalogFile, 'id' | 'name'>): CatalogFile {
  return {
    type: 'Model',
    size: 100_000 + (given.id % 200) * 1000,
    kind: 'safetensors',
    seed: given.id,
    host: 'r2',
    metadata: { format: 'SafeTensor', fp: 'fp16' },
    hashes: ['AutoV1', 'AutoV2', 'SHA256', 'CRC32', 'AutoV3'],
    ...given,
  };
}

/** Makes a safe JPEG by the model's owner, with its generation data. */
export function image(given: Given<CatalogImage, 'id'>): CatalogImage {
  return {
    name: String(given.id),
    type: 'image',
    format: 'jpeg',
    nsfwLevel: 1,
    meta: {
      prompt: `paper lantern at dusk, picture ${given.id}`,
      negativePrompt: 'blurry',
      steps: 28,
      cfgScale: 6.5,
      sampler: 'Euler a',
      seed: given.id * 7,
      Size: '832x1216',
      resources: [],
    },
    state: 'there',
    byOwner: true,
    ...given,
  };
}

/** Makes a safe video, of which the host sends a still unless the URL asks for the video. */
export function video(given: Given<CatalogImage, 'id'>): CatalogImage {
  return image({ type: 'video', format: 'mp4', ...given });
}

/** Makes a version with one file and one image, whose ids derive from the version's. */
export function plainVersion(id: number, given: Partial<CatalogVersion> = {}): CatalogVersion {
  return version({
    id,
    name: `v${id % 1000}`,
    files: [file({ id: id + 10000, name: `model_${id}.safetensors` })],
    images: [image({ id: id + 3000000 })],
    ...given,
  });
}
