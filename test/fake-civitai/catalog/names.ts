import { file, model, plainVersion } from './build.js';
import type { CatalogModel } from './entry.js';
import { ids } from './ids.js';

interface Names {
  readonly model: number;
  readonly version: number;
  readonly modelName: string;
  readonly fileName: string;
}

/** Models whose names would lead out of their folder, or cannot be the name of a file. */
export const nameModels: readonly CatalogModel[] = [
  named({ ...ids.names.parent, modelName: '../../x', fileName: '../../x.safetensors' }),
  named({ ...ids.names.reserved, modelName: 'CON', fileName: 'CON.safetensors' }),
  named({ ...ids.names.nul, modelName: 'nul\u0000inside', fileName: 'nul\u0000inside.safetensors' }),
  named({ ...ids.names.long, modelName: 'long '.repeat(60), fileName: `${'x'.repeat(288)}.safetensors` }),
  named({ ...ids.names.emoji, modelName: '🏮 紙灯籠 lantern 🏮', fileName: '🏮紙灯籠.safetensors' }),
  named({
    ...ids.names.rightToLeft,
    modelName: 'safe\u202esrotcesnetefas\u200f',
    fileName: 'lantern\u202esrotcesnetefas.exe.safetensors',
  }),
  named({
    ...ids.names.percentSlash,
    modelName: 'percent%2Fslash/inside',
    fileName: 'a%2Fb/c\\d.safetensors',
  }),
  named({
    ...ids.names.escape,
    modelName: '\u001b[2J\u001b[31mred\u0007',
    fileName: '\u001b[2Jred.safetensors',
  }),
  named({ ...ids.names.blank, modelName: ' . ', fileName: ' .safetensors' }),
];

function named({ model: id, version, modelName, fileName }: Names): CatalogModel {
  return model({
    id,
    name: modelName,
    versions: [plainVersion(version, { files: [file({ id: version + 10000, name: fileName })] })],
  });
}
