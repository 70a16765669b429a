import { file, image, model, plainVersion, version, video } from './build.js';
import type { CatalogModel } from './entry.js';
import { ids } from './ids.js';

const { twins, lantern } = ids;

/** Extensions of types that are not weights. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  Detection: 'pt',
  Hypernetwork: 'pt',
  Poses: 'zip',
  Wildcards: 'txt',
  Workflows: 'json',
};

/** Models for the folders of applications: with everything that these show, and with names that collide there. */
export const applicationModels: readonly CatalogModel[] = [
  model({
    id: lantern.model,
    name: 'Copper Lantern Style',
    creator: 'inventedMaker',
    tags: ['style', 'light'],
    description: '<p>Warm light from <b>copper</b> lanterns.</p><p>Caf\u00e9 \u{1f3ee}</p>',
    versions: [
      version({
        id: lantern.version,
        name: 'v2.0',
        baseModel: 'Illustrious',
        trainedWords: ['copper lantern', 'dusk glow'],
        description: '<p>Second version.</p>',
        files: [file({ id: lantern.file, name: 'copperLanternStyle_v20.safetensors' })],
        images: [image({ id: lantern.image }), image({ id: lantern.image + 1 })],
      }),
    ],
  }),
  model({ id: twins.one.model, name: 'Twin', versions: [twin(twins.one.version, twins.one.file)] }),
  model({
    id: twins.other.model,
    name: 'Other Twin',
    versions: [
      twin(twins.other.version, twins.other.file),
      twin(twins.other.olderVersion, twins.other.olderFile),
    ],
  }),
  model({
    id: twins.otherCase.model,
    name: 'Twin In Capitals',
    versions: [twin(twins.otherCase.version, twins.otherCase.file, 'TWIN.safetensors')],
  }),
  model({
    id: twins.twoKinds.model,
    name: 'Two Kinds',
    type: 'Checkpoint',
    versions: [
      plainVersion(twins.twoKinds.version, {
        files: [
          file({ id: twins.twoKinds.file, name: 'twoKinds.safetensors' }),
          file({
            id: twins.twoKinds.ckptFile,
            name: 'twoKinds.ckpt',
            kind: 'zip',
            metadata: { format: 'PickleTensor' },
          }),
        ],
      }),
    ],
  }),
  model({
    id: ids.transformer.model,
    name: 'Bare Transformer',
    type: 'Checkpoint',
    versions: [
      plainVersion(ids.transformer.version, {
        baseModel: 'Flux.1 D',
        files: [file({ id: ids.transformer.file, name: 'bareTransformer.safetensors' })],
      }),
    ],
  }),
  model({
    id: ids.previews.video.model,
    name: 'Video First',
    versions: [
      plainVersion(ids.previews.video.version, {
        files: [file({ id: 329330, name: 'videoFirst.safetensors' })],
        images: [video({ id: 3309330 }), image({ id: 3309331 })],
      }),
    ],
  }),
  model({
    id: ids.previews.pngEmbedding.model,
    name: 'Picture Of An Embedding',
    type: 'TextualInversion',
    versions: [
      plainVersion(ids.previews.pngEmbedding.version, {
        files: [file({ id: 329331, name: 'pngFirst.safetensors' })],
        images: [image({ id: 3309332, format: 'png' })],
      }),
    ],
  }),
  model({
    id: ids.previews.webp.model,
    name: 'WebP First',
    versions: [
      plainVersion(ids.previews.webp.version, {
        files: [file({ id: 329332, name: 'webpFirst.safetensors' })],
        images: [image({ id: 3309333, format: 'webp' }), image({ id: 3309334, format: 'png' })],
      }),
    ],
  }),
  ...Object.entries(ids.types).map(([type, id]) => ofType(type, id)),
];

function ofType(type: string, id: number): CatalogModel {
  const extension = EXTENSIONS[type] ?? 'safetensors';
  const kind = extension === 'safetensors' ? extension : extension === 'zip' ? 'zip' : 'plain';
  const name = `example${type}.${extension}`;
  const content = { id: id + 20_000, name, kind, metadata: {} } as const;
  return model({
    id,
    name: `Example ${type}`,
    type,
    versions: [plainVersion(id + 10_000, { files: [file(content)] })],
  });
}

function twin(id: number, fileId: number, name = 'twin.safetensors') {
  return plainVersion(id, { files: [file({ id: fileId, name, size: 120_000 })] });
}
