import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { type AppTitle, appRoots, makeAppRoot } from '../harness/app-roots.js';
import { it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

type Type = keyof typeof ids.types;

const types = Object.keys(ids.types) as Type[];
const loras: readonly string[] = ['LORA', 'LoCon', 'DoRA'];

const EXTENSIONS: Readonly<Partial<Record<Type, string>>> = {
  Detection: 'pt',
  Hypernetwork: 'pt',
  Poses: 'zip',
  Wildcards: 'txt',
  Workflows: 'json',
};

/** Ends of the files next to a model. */
const WEB_UI = ['.json', '.civitai.info', '.preview.jpeg'];
const COMFYUI = [...['.metadata.json', '.rgthree-info.json', '.sha256', '.md'], ...['.preview.jpeg', '.jpg']];

const apps: Readonly<Record<Exclude<AppTitle, 'InvokeAI'>, readonly string[]>> = {
  ComfyUI: COMFYUI,
  'ComfyUI desktop': COMFYUI,
  AUTOMATIC1111: WEB_UI,
  reForge: WEB_UI,
  Forge: WEB_UI,
  'Forge Classic': WEB_UI,
  'Forge Neo': WEB_UI,
  'SD.Next': ['.json', '.jpg'],
  SwarmUI: ['.swarm.json', '.jpg'],
  StabilityMatrix: [...new Set([...WEB_UI, ...COMFYUI, '.cm-info.json'])],
  Fooocus: [],
};

/** The ends of the files of a type: rgthree knows LoRAs and checkpoints only, and SwarmUI only some extensions. */
function endsOf(all: readonly string[], type: Type, extension: string): readonly string[] {
  if (!['safetensors', 'pt'].includes(extension)) return [];
  return all
    .filter((end) => end !== '.swarm.json' || extension === 'safetensors')
    .filter((end) => end !== '.rgthree-info.json' || [...loras, 'Checkpoint'].includes(type))
    .map((end) => (end === '.rgthree-info.json' ? `.${extension}${end}` : end));
}

type Matchers = Readonly<Record<string, unknown>>;

interface Model {
  readonly type: Type;
  readonly id: number;
  readonly versionId: number;
  readonly fileId: number;
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: Buffer;
}

const text = expect.any(String);
const number = expect.any(Number);
const flag = expect.any(Boolean);
const hashOf = ({ bytes }: Model) => createHash('sha256').update(bytes).digest('hex');
const pageOf = ({ id, versionId }: Model) => `https://civitai.com/models/${id}?modelVersionId=${versionId}`;

const info = ({ id, versionId, fileId, type, name }: Model): Matchers => ({
  ...{ id: versionId, modelId: id, name: text, createdAt: text, publishedAt: text, status: 'Published' },
  ...{ trainedWords: [], baseModel: 'SDXL 1.0', nsfwLevel: 1, air: text, stats: expect.any(Object) },
  model: expect.objectContaining({ name: `Example ${type}`, type, nsfw: flag, tags: ['style', 'ink'] }),
  creator: expect.objectContaining({ username: 'inkmaker' }),
  files: [expect.objectContaining({ id: fileId, name, type: 'Model', primary: true })],
  images: [expect.objectContaining({ url: text, type: 'image', nsfwLevel: 1, meta: expect.any(Object) })],
  downloadUrl: text,
});

/** All values of each file, of a version without trigger words. */
const SHAPES: Readonly<Record<string, (model: Model) => Matchers>> = {
  '.json': (model) => ({
    ...{ description: expect.stringContaining(pageOf(model)), notes: '', tags: ['style', 'ink'] },
    ...(loras.includes(model.type) && {
      ...{ 'sd version': 'SDXL', 'activation text': '', 'preferred weight': 0, 'negative text': '' },
    }),
    ...{ modelId: model.id, modelVersionId: model.versionId, sha256: hashOf(model).toUpperCase() },
    ...{ id: model.id, name: `Example ${model.type}`, type: model.type, nsfw: false },
    creator: { username: 'inkmaker' },
    modelVersions: [
      {
        ...{ id: model.versionId, name: text, baseModel: 'SDXL 1.0', trainedWords: [] },
        files: [
          {
            ...{ id: model.fileId, name: model.name, type: 'Model', sizeKB: number, primary: true },
            hashes: expect.objectContaining({ SHA256: hashOf(model).toUpperCase() }),
          },
        ],
      },
    ],
  }),
  '.metadata.json': (model) => ({
    file_name: `example${model.type}`,
    model_name: `Example ${model.type}`,
    file_path: model.path,
    size: model.bytes.length,
    modified: number,
    sha256: hashOf(model),
    base_model: 'SDXL 1.0',
    preview_url: model.path.replace(/\.\w+$/, '.preview.jpeg'),
    preview_nsfw_level: 1,
    notes: '',
    from_civitai: true,
    civitai: expect.objectContaining(info(model)),
    tags: ['style', 'ink'],
    modelDescription: text,
    ...{ civitai_deleted: false, favorite: false, exclude: false, db_checked: false },
    ...{ skip_metadata_refresh: false, metadata_source: 'civitai_api', last_checked_at: 0 },
    hash_status: 'completed',
    autov3: expect.stringMatching(/^[0-9a-f]{12}$/),
    ...(loras.includes(model.type) && { usage_tips: '{}' }),
    ...(model.type === 'Checkpoint' && { sub_type: 'checkpoint' }),
    ...(model.type === 'TextualInversion' && { sub_type: 'embedding' }),
  }),
  '.cm-info.json': (model) => ({
    ...{ ModelId: model.id, ModelName: `Example ${model.type}`, ModelDescription: text, Nsfw: false },
    ...{ Tags: ['style', 'ink'], ModelType: model.type, VersionId: model.versionId, VersionName: text },
    ...{ VersionDescription: '', AuthorUsername: 'inkmaker', BaseModel: 'SDXL 1.0' },
    ...{ RemoteFileName: model.name, RemoteFileId: model.fileId, FileMetadata: {} },
    ImportedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/),
    Hashes: { SHA256: hashOf(model).toUpperCase(), CRC32: text },
    ...{ TrainedWords: [], Stats: expect.any(Object), Source: 0 },
  }),
  '.swarm.json': (model) => ({
    'modelspec.title': expect.stringContaining(`Example ${model.type} - `),
    'modelspec.description': expect.stringMatching(
      new RegExp(
        `^From <a href="https://civitai\\.red/models/${model.id}\\?modelVersionId=${model.versionId}"`,
      ),
    ),
    'modelspec.author': 'inkmaker',
    'modelspec.date': text,
    'modelspec.trigger_phrase': '',
    'modelspec.tags': 'style, ink',
    'modelspec.hash_sha256': `0x${tensorHashOf(model)}`,
  }),
  '.rgthree-info.json': (model) => ({
    name: expect.stringContaining(`Example ${model.type} - `),
    ...{ type: model.type, baseModel: 'SDXL 1.0', sha256: hashOf(model) },
    ...{ trainedWords: [], links: [pageOf(model)], images: [] },
    raw: {
      civitai: expect.objectContaining(info(model)),
      metadata: expect.objectContaining({ format: 'pt' }),
    },
  }),
};

function tensorHashOf({ bytes }: Model): string {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  return createHash('sha256').update(bytes.subarray(start)).digest('hex');
}

async function checkSidecar(end: string, content: Buffer, model: Model): Promise<void> {
  const shape = SHAPES[end.replace(/^\.\w+(?=\.rgthree)/, '')];
  const what = `${model.type}${end}`;
  if (shape) expect(JSON.parse(String(content)), what).toEqual(shape(model));
  else if (end === '.civitai.info')
    expect(JSON.parse(String(content)), what).toEqual(expect.objectContaining(info(model)));
  else if (end === '.sha256') expect(String(content), what).toBe(hashOf(model));
  else if (end === '.md') expect(String(content), what).toContain(`modelPage: ${pageOf(model)}\n`);
  else expect([...content.subarray(0, 3)], what).toEqual([0xff, 0xd8, 0xff]);
}

describe.each(Object.entries(apps) as [Exclude<AppTitle, 'InvokeAI'>, readonly string[]][])(
  '%s',
  (title, all) => {
    it('has a complete model of each type, with all values of each file', async () => {
      makeAppRoot(sandbox.path('app'), title);
      const args = [...types.map((type) => String(ids.types[type])), 'app', '-i', '1', '--pause-time', '0'];
      expect(await runInProcess(args, sandbox)).toMatchObject({ status: 0 });
      const own: readonly string[] = appRoots[title];
      const tree = (await sandbox.tree('app')).filter((name) => !own.includes(name));
      const expected: string[] = [];
      for (const type of types) {
        const extension = EXTENSIONS[type] ?? 'safetensors';
        const at = tree.find((name) => name.endsWith(`/example${type}.${extension}`));
        const stem = at?.slice(0, -extension.length - 1);
        const ends = endsOf(all, type, extension);
        const id = ids.types[type];
        const path = sandbox.path('app', at ?? '');
        const model: Model = {
          ...{ type, id, versionId: id + 10_000, fileId: id + 20_000, path },
          ...{ name: `example${type}.${extension}`, bytes: await sandbox.read(`app/${at}`) },
        };
        for (const end of ends) await checkSidecar(end, await sandbox.read(`app/${stem}${end}`), model);
        const list = ['safetensors', 'pt'].includes(extension) ? '.csv' : `-fid_${model.fileId}.csv`;
        expected.push(at ?? type, ...[...ends, list].map((end) => stem + end));
      }
      const beside = tree.filter((name) => !/\/civitdl\/[^/]+\/extra_data-vid_\d+\//.test(name));
      expect(beside).toEqual(expected.sort());
    });
  },
);
