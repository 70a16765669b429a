import { file, image, model, version, video } from './build.js';
import type { CatalogModel } from './entry.js';
import { ids } from './ids.js';

/** Models without surprises: the examples of the documentation, a batch, and two large ones. */
export const plainModels: readonly CatalogModel[] = [
  model({
    id: ids.mainExample.model,
    name: 'Paper Lantern Ink',
    versions: [
      version({
        id: ids.mainExample.version,
        name: 'v2',
        trainedWords: ['ppr lntrn'],
        requiresLogin: true,
        files: [
          file({
            id: ids.mainExample.file,
            name: 'PaperLanternInk-v2.safetensors',
            size: 3_145_733,
            host: 'b2',
            metadata: { format: 'SafeTensor', fp: 'bf16' },
          }),
        ],
        images: [
          image({ id: 3001977 }),
          image({ id: 3001978, nsfwLevel: 2 }),
          video({ id: 3001979 }),
          image({ id: 3001980, meta: null }),
        ],
      }),
      version({
        id: ids.mainExample.olderVersion,
        name: 'v1',
        requiresLogin: true,
        files: [file({ id: ids.mainExample.olderFile, name: 'PaperLanternInk-v1.safetensors', host: 'b2' })],
        images: [image({ id: 2905511 })],
      }),
    ],
  }),
  model({
    id: ids.anything.model,
    name: 'anythingV3_fp16',
    type: 'Checkpoint',
    creator: 'Yuno779',
    tags: ['anime', 'style', 'base model'],
    versions: [
      version({
        id: ids.anything.version,
        name: 'fp16',
        baseModel: 'SD 1.5',
        files: [
          file({
            id: ids.anything.file,
            name: 'anythingV3_fp16.ckpt',
            kind: 'zip',
            metadata: { format: 'PickleTensor', size: 'pruned', fp: 'fp16' },
            hashes: ['AutoV1', 'AutoV2', 'SHA256', 'CRC32'],
          }),
        ],
        images: [image({ id: 517 }), image({ id: 518, format: 'png' }), video({ id: 519 })],
      }),
    ],
  }),
  ...ids.batch.models.map((id, index) =>
    model({
      id,
      name: `Batch Model ${index + 1}`,
      versions: [
        version({
          id: id + 10000,
          name: 'v1',
          files: [
            file({
              id: id + 20000,
              name: `batch_${index + 1}.safetensors`,
              size: 100_000 + index * 20_000,
              host: index % 2 === 0 ? 'r2' : 'b2',
            }),
          ],
          images: [image({ id: id + 3000000 })],
        }),
      ],
    }),
  ),
  model({
    id: ids.large.model,
    name: 'Large Checkpoint',
    type: 'Checkpoint',
    versions: [
      version({
        id: ids.large.version,
        name: 'v1',
        files: [
          file({
            id: ids.large.file,
            name: 'largeCheckpoint_v1.safetensors',
            size: 1_000_000_000,
            hashes: ['SHA256'],
            hashOverrides: { SHA256: '1A1CDFA57AA1977AA44EEFEC56471EAF2D1D12F25D5DD4DB429E6FB730C283A2' },
          }),
        ],
      }),
    ],
  }),
  model({
    id: ids.huge.model,
    name: 'Huge Checkpoint',
    type: 'Checkpoint',
    versions: [
      version({
        id: ids.huge.version,
        name: 'v1',
        files: [
          file({
            id: ids.huge.file,
            name: 'hugeCheckpoint_v1.safetensors',
            size: 8_000_000_000,
            host: 'b2',
            hashes: ['SHA256'],
            hashOverrides: { SHA256: '39F613FEAF4EBF6198F634DB931D3589774CCCCB74F329E1FECE77898B975C12' },
          }),
        ],
      }),
    ],
  }),
];
