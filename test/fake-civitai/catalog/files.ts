import { file, model, plainVersion, version } from './build.js';
import type { CatalogModel } from './entry.js';
import { ids } from './ids.js';

/** Models with several files, or with files that are not what they seem. */
export const fileModels: readonly CatalogModel[] = [
  model({
    id: ids.sameName.model,
    name: 'Same Name',
    type: 'Checkpoint',
    versions: [
      version({
        id: ids.sameName.version,
        name: 'v1',
        files: [
          file({
            id: ids.sameName.fp16File,
            name: 'sameName.safetensors',
            metadata: { format: 'SafeTensor', size: 'pruned', fp: 'fp16' },
          }),
          file({
            id: ids.sameName.fp32File,
            name: 'sameName.safetensors',
            host: 'b2',
            metadata: { format: 'SafeTensor', size: 'full', fp: 'fp32' },
          }),
        ],
      }),
    ],
  }),
  model({
    id: ids.linkedVae.model,
    name: 'Linked VAE',
    type: 'Checkpoint',
    versions: [
      version({
        id: ids.linkedVae.version,
        name: 'v1',
        files: [file({ id: ids.linkedVae.file, name: 'linkedVae_v1.safetensors' })],
        linkedVae: ids.linkedVae.vaeFile,
      }),
    ],
  }),
  model({
    id: ids.linkedVae.vaeModel,
    name: 'A VAE',
    type: 'VAE',
    versions: [
      version({
        id: ids.linkedVae.vaeVersion,
        name: 'v1',
        files: [file({ id: ids.linkedVae.vaeFile, name: 'aVae.safetensors', type: 'VAE' })],
      }),
    ],
  }),
  model({
    id: ids.noPrimary.model,
    name: 'No Primary File',
    type: 'Checkpoint',
    versions: [
      version({
        id: ids.noPrimary.version,
        name: 'v1',
        primaryFileId: null,
        files: [
          file({
            id: ids.noPrimary.configFile,
            name: 'noPrimary_v1.yaml',
            type: 'Config',
            kind: 'plain',
            metadata: {},
          }),
          file({ id: ids.noPrimary.weightsFile, name: 'noPrimary_v1.safetensors', type: 'Pruned Model' }),
        ],
      }),
    ],
  }),
  model({
    id: ids.trainingData.model,
    name: 'With Training Data',
    versions: [
      version({
        id: ids.trainingData.version,
        name: 'v1',
        files: [
          file({ id: ids.trainingData.file, name: 'withTraining.safetensors' }),
          file({
            id: ids.trainingData.dataFile,
            name: 'withTrainingData_v1_trainingData.zip',
            type: 'Training Data',
            kind: 'zip',
            metadata: { format: 'Other' },
          }),
        ],
      }),
    ],
  }),
  model({
    id: ids.gguf.model,
    name: 'Quantized',
    type: 'Checkpoint',
    versions: [
      version({
        id: ids.gguf.version,
        name: 'v1',
        baseModel: 'Flux.1 D',
        files: [gguf(ids.gguf.smallFile, 'Q4_K_M'), gguf(ids.gguf.bigFile, 'Q8_0')],
      }),
    ],
  }),
  model({
    id: ids.wrongKind.model,
    name: 'Zip In Disguise',
    versions: [
      plainVersion(ids.wrongKind.version, {
        files: [file({ id: ids.wrongKind.file, name: 'disguise.safetensors', kind: 'zip' })],
      }),
    ],
  }),
  model({
    id: ids.unprovenKind.model,
    name: 'Unproven Zip In Disguise',
    versions: [
      plainVersion(ids.unprovenKind.version, {
        files: [file({ id: ids.unprovenKind.file, name: 'disguise.safetensors', kind: 'zip', hashes: [] })],
      }),
    ],
  }),
  model({
    id: ids.overrideName.model,
    name: 'Renamed File',
    versions: [
      plainVersion(ids.overrideName.version, {
        files: [
          file({ id: ids.overrideName.file, name: 'before.safetensors', overrideName: 'after.safetensors' }),
        ],
      }),
    ],
  }),
  model({
    id: ids.trainedWord.model,
    name: 'Trained Word',
    type: 'TextualInversion',
    versions: [
      plainVersion(ids.trainedWord.version, {
        trainedWords: ['<lantern/ink: bad*>'],
        files: [
          file({
            id: ids.trainedWord.file,
            name: '<lantern/ink: bad*>.pt',
            kind: 'zip',
            metadata: { format: 'PickleTensor' },
          }),
        ],
      }),
    ],
  }),
];

function gguf(id: number, quantType: string) {
  return file({
    id,
    name: 'quantized_v1.gguf',
    kind: 'gguf',
    metadata: { format: 'GGUF', quantType },
    hashes: ['AutoV2', 'SHA256'],
  });
}
