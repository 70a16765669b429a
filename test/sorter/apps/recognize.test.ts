import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { assertNotManaged, recognizeApp } from '../../../src/sorter/apps/recognize.js';
import { type AppTitle, appRoots, makeAppRoot, makeEntries } from '../../harness/app-roots.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';

const layouts: Readonly<Record<AppTitle, string>> = {
  ComfyUI: 'comfyui',
  'ComfyUI desktop': 'comfyui',
  AUTOMATIC1111: 'a1111',
  Forge: 'forge',
  reForge: 'a1111',
  'Forge Classic': 'forge-neo',
  'Forge Neo': 'forge-neo',
  'SD.Next': 'sdnext',
  SwarmUI: 'swarmui',
  StabilityMatrix: 'stability-matrix',
  InvokeAI: 'invokeai',
  Fooocus: 'fooocus',
};

const titles = Object.keys(appRoots) as AppTitle[];
const modelsOf = (title: AppTitle) => (['SwarmUI', 'StabilityMatrix'].includes(title) ? 'Models' : 'models');

describe.each(titles)('the root of %s', (title) => {
  const found = { app: layouts[title], title: title.replace(' desktop', '') };

  it('is recognized', () => {
    const root = makeAppRoot(sandbox.path('app'), title);
    expect(recognizeApp(root)).toMatchObject({ ...found, root, place: 'root' });
  });

  it('is recognized by its models folder', () => {
    const root = makeAppRoot(sandbox.path('app'), title);
    expect(recognizeApp(join(root, modelsOf(title)))).toMatchObject({ ...found, root, place: 'models' });
  });

  it.each(['new/folder', 'models/loras/characters', 'output'])('contains the folder %s', (name) => {
    const root = makeAppRoot(sandbox.path('app'), title);
    expect(recognizeApp(join(root, name))).toMatchObject({ ...found, root, place: 'inside' });
  });

  it('says nothing of the folder that it is in, and of its neighbours', () => {
    makeAppRoot(sandbox.path('app'), title);
    expect(recognizeApp(sandbox.path())).toBeUndefined();
    expect(recognizeApp(sandbox.path('app-models'))).toBeUndefined();
  });
});

describe('a models folder whose parent proves nothing', () => {
  it.each<readonly [app: string, names: readonly string[]]>([
    ['comfyui', ['checkpoints', 'loras']],
    ['a1111', ['Stable-diffusion', 'Lora']],
    ['forge', ['Stable-diffusion', 'Lora', 'text_encoder']],
    ['forge-neo', ['Stable-diffusion', 'Lora', 'embeddings']],
    ['sdnext', ['Stable-diffusion', 'Lora', 'UNET', 'embeddings']],
    ['sdnext', ['Stable-diffusion', 'Lora', 'Text-encoder']],
    ['swarmui', ['Stable-Diffusion', 'Lora']],
    ['stability-matrix', ['StableDiffusion', 'Lora']],
  ])('is one of %s with %s', (app, names) => {
    makeEntries(
      sandbox.path('models'),
      names.map((name) => `${name}/`),
    );
    const root = sandbox.path();
    expect(recognizeApp(sandbox.path('models'))).toMatchObject({ app, root, place: 'models' });
  });

  it.each<readonly [folder: string, names: readonly string[]]>([
    ['models', []],
    ['models', ['loras']],
    ['models', ['Anything', 'Felt']],
    ['models', ['STABLE-DIFFUSION', 'LORA']],
    ['library', ['checkpoints', 'loras']],
  ])('is none of any application: %s with %s', (folder, names) => {
    makeEntries(
      sandbox.path(folder),
      names.map((name) => `${name}/`),
    );
    expect(recognizeApp(sandbox.path(folder))).toBeUndefined();
    expect(recognizeApp(sandbox.path(folder, 'loras'))).toBeUndefined();
  });
});

describe('through a link', () => {
  it.each(titles)('the root of %s is recognized', (title) => {
    const root = makeAppRoot(sandbox.path('app'), title);
    const app = layouts[title];
    symlinkSync(root, sandbox.path('link'));
    expect(recognizeApp(sandbox.path('link'))).toMatchObject({ app, place: 'root' });
    expect(recognizeApp(sandbox.path('link', modelsOf(title)))).toMatchObject({ app, place: 'models' });
  });

  it.each(titles)('its folders are recognized: %s', (title) => {
    const root = makeAppRoot(sandbox.path('app'), title);
    const app = layouts[title];
    mkdirSync(join(root, modelsOf(title), 'loras'), { recursive: true });
    symlinkSync(join(root, modelsOf(title)), sandbox.path('models-link'));
    symlinkSync(join(root, modelsOf(title), 'loras'), sandbox.path('loras-link'));
    expect(recognizeApp(sandbox.path('models-link'))).toMatchObject({ app, root, place: 'models' });
    expect(recognizeApp(sandbox.path('loras-link', 'new'))).toMatchObject({ app, root, place: 'inside' });
  });

  it('another name of the models folder is the same folder, as in other case on some systems', () => {
    const root = makeAppRoot(sandbox.path('app'), 'ComfyUI');
    symlinkSync(join(root, 'models'), join(root, 'MODELS'));
    expect(recognizeApp(join(root, 'MODELS'))).toMatchObject({ root, place: 'models' });
  });

  it('that leads to a library elsewhere, the application counts', () => {
    const root = makeAppRoot(sandbox.path('app'), 'ComfyUI');
    mkdirSync(sandbox.path('big', 'loras'), { recursive: true });
    symlinkSync(sandbox.path('big', 'loras'), join(root, 'models', 'loras'));
    expect(recognizeApp(join(root, 'models', 'loras'))).toMatchObject({ root, place: 'inside' });
    expect(recognizeApp(sandbox.path('big', 'loras'))).toBeUndefined();
  });
});

describe('StabilityMatrix', () => {
  it('is recognized where its portable program is', () => {
    makeEntries(sandbox.path('app'), ['StabilityMatrix.exe', 'Data/.sm-portable']);
    const root = sandbox.path('app', 'Data');
    expect(recognizeApp(sandbox.path('app'))).toMatchObject({ app: 'stability-matrix', root, place: 'root' });
  });

  it('is recognized by the file that names its data folder', async () => {
    const root = makeAppRoot(sandbox.path('data'), 'StabilityMatrix');
    await sandbox.write('config/StabilityMatrix/library.json', JSON.stringify({ LibraryPath: root }));
    expect(recognizeApp(sandbox.path('config', 'StabilityMatrix'))).toMatchObject({ root, place: 'root' });
  });

  it.each(['{}', 'no JSON', '{"LibraryPath":7}', '{"LibraryPath":"/nowhere"}'])(
    'ignores %s there',
    async (text) => {
      await sandbox.write('config/library.json', text);
      expect(recognizeApp(sandbox.path('config'))).toBeUndefined();
    },
  );

  it('has packages that count for themselves', () => {
    const data = makeAppRoot(sandbox.path('data'), 'StabilityMatrix');
    const root = makeAppRoot(join(data, 'Packages', 'ComfyUI'), 'ComfyUI');
    expect(recognizeApp(join(root, 'models'))).toMatchObject({ app: 'comfyui', root, place: 'models' });
    expect(recognizeApp(join(root, 'models', 'loras'))).toMatchObject({ app: 'comfyui', place: 'inside' });
  });
});

describe('the folder of InvokeAI', () => {
  const check = (...path: readonly string[]) => assertNotManaged(sandbox.path('invokeai', ...path));

  it.each([[], ['models'], ['models', 'sdxl'], ['models', 'new', 'folder']])('refuses %s', (...path) => {
    makeAppRoot(sandbox.path('invokeai'), 'InvokeAI');
    expect(() => check(...path)).toThrow(/InvokeAI.*scan folder/s);
  });

  it.each(['models_dir: store', 'models_dir: "store"  # moved', 'schema_version: 4\nmodels_dir: ./store'])(
    'refuses the models folder of the setting %s',
    (setting) => {
      makeAppRoot(sandbox.path('invokeai'), 'InvokeAI');
      writeFileSync(sandbox.path('invokeai', 'invokeai.yaml'), setting);
      mkdirSync(sandbox.path('invokeai', 'store'));
      expect(() => check('store')).toThrow(/scan folder/);
      expect(() => check('store', 'sub')).toThrow(/scan folder/);
      expect(() => check('models')).not.toThrow();
    },
  );

  it('refuses links to it, and folders below them', () => {
    makeAppRoot(sandbox.path('invokeai'), 'InvokeAI');
    makeAppRoot(sandbox.path('ComfyUI'), 'ComfyUI');
    for (const link of [sandbox.path('link'), sandbox.path('ComfyUI', 'models', 'link')]) {
      symlinkSync(sandbox.path('invokeai', 'models'), link);
      expect(() => assertNotManaged(link)).toThrow(/scan folder/);
      expect(() => assertNotManaged(join(link, 'new', 'folder'))).toThrow(/scan folder/);
    }
  });

  it('allows other folders, which it can scan', () => {
    makeAppRoot(sandbox.path('invokeai'), 'InvokeAI');
    expect(() => check('imports')).not.toThrow();
    expect(() => check('..', 'imports')).not.toThrow();
  });
});
