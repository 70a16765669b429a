import type { ExampleImage, Model, ModelFile, ModelVersion } from '../../src/civitai/model.js';

/** Ordinary files, images, versions and models, except for the given properties. */
export function fileOf(id: number, given: Partial<ModelFile> = {}): ModelFile {
  return { id, name: `file${id}.safetensors`, type: 'Model', hashes: new Map(), primary: false, ...given };
}

export function imageOf(name: string, given: Partial<ExampleImage> = {}): ExampleImage {
  const url = `https://image.civitai.com/key/uuid/original=true/${name}`;
  return { url, type: 'image', nsfwLevel: 1, json: { url }, ...given };
}

export function versionOf(id: number, given: Partial<ModelVersion> = {}): ModelVersion {
  return {
    id,
    name: `v${id}`,
    baseModel: 'SDXL 1.0',
    files: [fileOf(id * 10, { primary: true })],
    images: [],
    json: { id },
    ...given,
  };
}

export function modelOf(id: number, given: Partial<Model> = {}): Model {
  return {
    id,
    name: `Model ${id}`,
    type: 'LORA',
    tags: [],
    nsfwLevel: 1,
    versions: [versionOf(id * 10)],
    json: { id },
    ...given,
  };
}
