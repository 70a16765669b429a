import { expect } from 'vitest';
import { type CatalogModel, catalog, ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

/** The documented folders, computed from the answers of the API, independently of the code. */

const MAX_IMAGES = 3;

/** The documented names of folders and files without a general rule, by model id. */
const oddNames: Readonly<Record<number, { readonly folder?: string; readonly file?: string }>> = {
  [ids.names.parent.model]: { file: '.._.._x.safetensors' },
  [ids.names.reserved.model]: { folder: '_CON', file: '_CON.safetensors' },
  [ids.trainedWord.model]: { file: '_lantern_ink_ bad__.pt' },
};

const models = [
  ids.anything,
  ids.mainExample,
  { model: ids.batch.models[0] ?? 0 },
  ids.sameName,
  ids.linkedVae,
  ids.names.parent,
  ids.names.reserved,
  ids.names.emoji,
  ids.trainedWord,
  ids.twinImages,
  ids.formats,
].map(({ model }) => model);

interface ApiModel {
  readonly id: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly modelVersions: readonly {
    readonly id: number;
    readonly baseModel: string;
    readonly files: readonly { readonly name: string; readonly primary?: boolean }[];
    readonly images?: readonly { readonly url: string }[];
  }[];
}

const apiModel = async (id: number) =>
  (await (await fetch(`${civitai.url}/api/v1/models/${id}`)).json()) as ApiModel;

/** Replaces characters, removes punctuation and joins spaces, as documented. */
function folderOf({ id, name }: ApiModel): string {
  const stands = new Map(Object.entries({ '<': '(', '>': ')', ':': ',', '"': '-', '?': '.' }));
  const replaced = [...name].map((one) => stands.get(one) ?? (/[/\\|*]/.test(one) ? '&' : one)).join('');
  const tidied = replaced.replace(/[.?!,;:]+( *[&()[\]{}-])/g, '$1');
  return oddNames[id]?.folder ?? tidied.split(' ').filter(Boolean).join(' ');
}

const folders: Readonly<Record<string, (model: ApiModel) => string>> = {
  basic: folderOf,
  tags: (model) => {
    const subjects = ['style', 'poses', 'clothings', 'character', 'celebrity', 'concept'];
    const { baseModel = '' } = model.modelVersions[0] ?? {};
    const anime = model.tags.includes('anime') ? 'anime' : 'others';
    const subject = subjects.find((tag) => model.tags.includes(tag)) ?? 'others';
    return [baseModel.split(' ').join('_'), anime, subject, folderOf(model)].join('/');
  },
};

/** Returns the extension for the format of an image. */
function extensionOf(id: number, index: number): string {
  const entry = catalog.find((model) => model.id === id) as CatalogModel;
  return entry.versions[0]?.images[index]?.format ?? '';
}

function pathsOf(model: ApiModel, folder: string): readonly string[] {
  const version = model.modelVersions[0];
  const file = version?.files.find(({ primary }) => primary) ?? version?.files[0];
  if (!version || !file) throw new Error(`Model ${model.id} has no file.`);
  const name = oddNames[model.id]?.file ?? file.name;
  const dot = name.lastIndexOf('.');
  const stem = `${folder}/${name.slice(0, dot)}-mid_${model.id}-vid_${version.id}`;
  const extra = `${folder}/extra_data-vid_${version.id}`;
  const used = new Map<string, number>();
  const images = (version.images ?? []).slice(0, MAX_IMAGES).flatMap(({ url }, index) => {
    const own = decodeURIComponent(url.split('/').at(-1) ?? '').replace(/\.[^.]*$/, '');
    const number = (used.get(own) ?? 0) + 1;
    used.set(own, number);
    const stemOfImage = `${extra}/${own}${number === 1 ? '' : `-${number}`}`;
    return [`${stemOfImage}.${extensionOf(model.id, index)}`, `${stemOfImage}-prompt.json`];
  });
  return [
    `${stem}${name.slice(dot)}`,
    `${stem}.csv`,
    `${extra}/model_dict-mid_${model.id}-vid_${version.id}.json`,
    ...images,
  ];
}

it.each(['basic', 'tags'])(
  '%s puts the files of eleven models where the documented rules say',
  async (sorter) => {
    const args = [
      ...models.map(String),
      'models',
      '-s',
      sorter,
      '-i',
      String(MAX_IMAGES),
      '--nsfw-mode',
      '2',
    ];
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    expect(await runInProcess([...args, '--pause-time', '0'], sandbox, { env })).toMatchObject({ status: 0 });
    const expected = await Promise.all(
      models.map(async (id) => {
        const model = await apiModel(id);
        return pathsOf(model, folders[sorter]?.(model) ?? '');
      }),
    );
    expect(await sandbox.tree()).toEqual(expected.flat().sort());
  },
);
