import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { type AppTitle, appRoots, makeAppRoot } from '../harness/app-roots.js';
import { it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const types = Object.keys(ids.types) as (keyof typeof ids.types)[];

const download = (...args: readonly (string | number)[]) =>
  runInProcess([...args.map(String), '-i', '0', '--pause-time', '0'], sandbox);

/** The files of a run, without those of the application. */
async function written(title: AppTitle): Promise<readonly string[]> {
  const own: readonly string[] = appRoots[title];
  return (await sandbox.tree('app')).filter((name) => !own.includes(name));
}

/** The folder of each type; undefined where the application does not load it. */
type Folders = Readonly<Partial<Record<keyof typeof ids.types, string>>>;

const comfy: Folders = {
  Checkpoint: 'models/checkpoints',
  LORA: 'models/loras',
  LoCon: 'models/loras',
  DoRA: 'models/loras',
  TextualInversion: 'models/embeddings',
  VAE: 'models/vae',
  Hypernetwork: 'models/hypernetworks',
  Controlnet: 'models/controlnet',
  Upscaler: 'models/upscale_models',
  MotionModule: 'models/animatediff_models',
  Detection: 'models/ultralytics/bbox',
  Workflows: 'user/default/workflows',
  UNet: 'models/diffusion_models',
  TextEncoder: 'models/text_encoders',
};
const a1111: Folders = {
  Checkpoint: 'models/Stable-diffusion',
  LORA: 'models/Lora',
  LoCon: 'models/Lora',
  DoRA: 'models/Lora',
  TextualInversion: 'embeddings',
  VAE: 'models/VAE',
  Hypernetwork: 'models/hypernetworks',
  Controlnet: 'models/ControlNet',
  Upscaler: 'models/ESRGAN',
  MotionModule: 'extensions/sd-webui-animatediff/model',
  Detection: 'models/adetailer',
  Wildcards: 'extensions/sd-dynamic-prompts/wildcards',
  Workflows: 'models/Workflows',
};
const forge: Folders = { ...a1111, UNet: 'models/Stable-diffusion', TextEncoder: 'models/text_encoder' };
const { Hypernetwork: _hypernetwork, MotionModule: _motion, ...forgeParts } = forge;
const neo: Folders = { ...forgeParts, TextualInversion: 'models/embeddings' };

const apps: Readonly<Record<Exclude<AppTitle, 'InvokeAI'>, Folders>> = {
  ComfyUI: comfy,
  'ComfyUI desktop': comfy,
  AUTOMATIC1111: a1111,
  reForge: a1111,
  Forge: forge,
  'Forge Classic': neo,
  'Forge Neo': neo,
  'SD.Next': {
    Checkpoint: 'models/Stable-diffusion',
    LORA: 'models/Lora',
    LoCon: 'models/Lora',
    DoRA: 'models/Lora',
    TextualInversion: 'models/embeddings',
    VAE: 'models/VAE',
    Hypernetwork: 'models/hypernetworks',
    Controlnet: 'models/control/controlnet',
    Upscaler: 'models/ESRGAN',
    MotionModule: 'models/motion',
    Detection: 'models/yolo',
    Wildcards: 'models/wildcards',
    Workflows: 'models/workflows',
    UNet: 'models/UNET',
    TextEncoder: 'models/Text-encoder',
  },
  SwarmUI: {
    Checkpoint: 'Models/Stable-Diffusion',
    LORA: 'Models/Lora',
    LoCon: 'Models/Lora',
    DoRA: 'Models/Lora',
    TextualInversion: 'Models/Embeddings',
    VAE: 'Models/VAE',
    Controlnet: 'Models/controlnet',
    Upscaler: 'Models/upscale_models',
    Detection: 'Models/yolov8',
    Wildcards: 'Data/Wildcards',
    UNet: 'Models/diffusion_models',
    TextEncoder: 'Models/text_encoders',
  },
  StabilityMatrix: {
    Checkpoint: 'Models/StableDiffusion',
    LORA: 'Models/Lora',
    LoCon: 'Models/LyCORIS',
    DoRA: 'Models/Lora',
    TextualInversion: 'Models/Embeddings',
    VAE: 'Models/VAE',
    Hypernetwork: 'Models/Hypernetwork',
    Controlnet: 'Models/ControlNet',
    Upscaler: 'Models/ESRGAN',
    Detection: 'Models/Ultralytics/bbox',
    Workflows: 'Workflows',
    UNet: 'Models/DiffusionModels',
    TextEncoder: 'Models/TextEncoders',
  },
  Fooocus: {
    Checkpoint: 'models/checkpoints',
    LORA: 'models/loras',
    LoCon: 'models/loras',
    DoRA: 'models/loras',
    TextualInversion: 'models/embeddings',
    VAE: 'models/vae',
    Controlnet: 'models/controlnet',
    Upscaler: 'models/upscale_models',
    Wildcards: 'wildcards',
  },
};

const modelsFolder = (title: AppTitle) =>
  ['SwarmUI', 'StabilityMatrix'].includes(title) ? 'Models' : 'models';

const extensionOf = (type: string) =>
  ({ Detection: 'pt', Hypernetwork: 'pt', Poses: 'zip', Wildcards: 'txt', Workflows: 'json' })[type] ??
  'safetensors';

/** All files of a model without images and sidecars. */
function filesOf(
  type: keyof typeof ids.types,
  title: AppTitle,
  folder: string | undefined,
): readonly string[] {
  const id = ids.types[type];
  const notLoaded = `${modelsFolder(title)}/civitdl/Example ${type}`;
  const at = folder ?? notLoaded;
  const name = `example${type}`;
  const extension = extensionOf(type);
  const list = ['safetensors', 'pt'].includes(extension) ? `${name}.csv` : `${name}-fid_${id + 20_000}.csv`;
  const metadata = `extra_data-vid_${id + 10_000}/model_dict-mid_${id}-vid_${id + 10_000}.json`;
  return [`${at}/${name}.${extension}`, `${at}/${list}`, `${notLoaded}/${metadata}`];
}

describe.each(Object.entries(apps) as [Exclude<AppTitle, 'InvokeAI'>, Folders][])('%s', (title, folders) => {
  it.each(['.', modelsFolder(title)])('gets a model of each type from its folder %s', async (folder) => {
    makeAppRoot(sandbox.path('app'), title);
    const args = [...types.map((type) => ids.types[type]), `app/${folder}`, '--sidecars', 'none'];
    const { status, stderr } = await download(...args);
    expect(status).toBe(0);
    const name = title.replace(' desktop', '');
    expect(stderr).toContain(`${name} found in ${sandbox.path('app')} (`);
    const expected = types.flatMap((type) => filesOf(type, title, folders[type]));
    expect(await written(title)).toEqual([...expected].sort());
    for (const type of types) {
      const says = new RegExp(
        `${name.replace('.', '\\.')} has no folder for (a file of type ${type} like )?example${type}`,
      );
      if (folders[type] === undefined) expect(stderr).toMatch(says);
      else expect(stderr).not.toMatch(says);
    }
  });
});

describe('a sorter that chooses other folders', () => {
  const template = '{type}/{baseModel}';
  const warned = (stderr: string) => stderr.match(/found in .*, but the sorter .*/g) ?? [];

  it.each([
    ['ComfyUI', '.', 'models/loras'],
    ['ComfyUI', 'models', 'models/loras'],
    ['AUTOMATIC1111', '.', 'models/Lora'],
    ['SwarmUI', '.', 'Models/Lora'],
  ] as const)('is told once at the root of %s, folder %s', async (title, folder, loras) => {
    makeAppRoot(sandbox.path('app'), title);
    const { status, stderr } = await download(ids.types.LORA, ids.types.VAE, `app/${folder}`, '-s', template);
    expect(status).toBe(0);
    const root = sandbox.path('app');
    expect(warned(stderr)).toEqual([
      `found in ${root}, but the sorter ${template} chooses other folders: it may not find the models. Use ${root}/${loras} as the root directory for sub-folders.`,
    ]);
  });

  it.each([
    ['inside the application', 'app/models/loras', template],
    ['that is the layout of the application', 'app', 'auto'],
    ['that is asked to ignore it', 'app', 'basic'],
  ])('is not told of one %s', async (_name, root, sorter) => {
    makeAppRoot(sandbox.path('app'), 'ComfyUI');
    expect(warned((await download(ids.types.LORA, root, '-s', sorter)).stderr)).toEqual([]);
  });
});

describe('a folder that is only named like an application', () => {
  const NOTE = /No ComfyUI found in \S+: using the layout basic\. To use its folders, pass -s comfyui\.\n/;
  const plan = async (...args: readonly string[]) =>
    (await download(ids.types.LORA, ...args, '-n')).stderr.replace(/\n {2}/g, ' ');

  it('is told not to be one, whether it is missing or empty', async () => {
    expect(await plan('ComfyUI')).toMatch(NOTE);
    await mkdir(sandbox.path('ComfyUI'));
    expect(await plan('ComfyUI')).toMatch(NOTE);
    expect(await plan('ComfyUI', '-s', 'auto')).toMatch(NOTE);
  });

  it.each<readonly [what: string, args: readonly string[]]>([
    ['another name', ['models']],
    ['a chosen sorter', ['ComfyUI', '-s', 'basic']],
    ['its own layout', ['ComfyUI', '-s', 'comfyui']],
    ['--quiet', ['ComfyUI', '-q']],
  ])('is not spoken of with %s', async (_what, args) => {
    expect(await plan(...args)).not.toContain('No ComfyUI found');
  });

  it('is not spoken of if it has something', async () => {
    await sandbox.write('ComfyUI/notes.txt', '');
    expect(await plan('ComfyUI')).not.toContain('No ComfyUI found');
  });

  it('is nothing of the application that it is in', async () => {
    makeAppRoot(sandbox.path('app'), 'Fooocus');
    const stderr = await plan('app/forge');
    expect(stderr).toContain('Fooocus found in');
    expect(stderr).not.toContain('No Forge found');
  });
});

describe('in the folder of an application', () => {
  it('a dry run shows the same files, and writes none', async () => {
    makeAppRoot(sandbox.path('app'), 'Fooocus');
    const { stdout, stderr } = await download(ids.types.LORA, 'app', '--dry-run');
    expect(stdout).toContain(sandbox.path('app/models/loras/exampleLORA.safetensors'));
    expect(stderr).toContain('using the layout fooocus');
    expect(await written('Fooocus')).toEqual([]);
  });

  it('settings of the user are followed, and told if they cannot be read', async () => {
    makeAppRoot(sandbox.path('app'), 'ComfyUI');
    const yaml = (text: string) => sandbox.write('app/extra_model_paths.yaml', text);
    await yaml(`mine:\n  base_path: ${sandbox.path('big')}\n  is_default: true\n  loras: my/loras\n`);
    await download(ids.types.LORA, 'app', '--sidecars', 'none');
    expect(await sandbox.tree('big')).toEqual([
      'my/loras/exampleLORA.csv',
      'my/loras/exampleLORA.safetensors',
    ]);
    await yaml('- no mapping\n');
    const { stderr, status } = await download(ids.types.VAE, 'app');
    expect({ status, warned: stderr.includes('so its default folders are used.') }).toEqual({
      status: 0,
      warned: true,
    });
    expect(await written('ComfyUI')).toContain('models/vae/exampleVAE.safetensors');
  });

  it('a checkpoint without VAE goes where it can be loaded, with a line that says so', async () => {
    makeAppRoot(sandbox.path('app'), 'ComfyUI');
    const { stderr } = await download(ids.transformer.model, 'app');
    expect(stderr).toContain('Checkpoints of the base model Flux.1 D are mostly diffusion models');
    expect(await written('ComfyUI')).toContain('models/diffusion_models/bareTransformer.safetensors');
  });

  it('a file that it cannot load is told before it is fetched', async () => {
    makeAppRoot(sandbox.path('app'), 'SD.Next');
    const { stderr } = await download(ids.anything.model, 'app');
    expect(stderr).toMatch(/SD\.Next does not load anythingV3_fp16\.ckpt.*\n.*downloading anythingV3_fp16/);
  });

  it.each<readonly [what: string, folder: string, args: readonly string[]]>([
    ['basic', 'app', ['-s', 'basic']],
    ['a folder inside it', 'app/models/loras', []],
  ])('%s keeps the documented tree', async (_what, folder, args) => {
    makeAppRoot(sandbox.path('app'), 'ComfyUI');
    await download(ids.types.LORA, folder, ...args, '--sidecars', 'none');
    const id = ids.types.LORA;
    const stem = `exampleLORA-mid_${id}-vid_${id + 10_000}`;
    const below = `Example LORA`;
    const tree = await sandbox.tree(folder);
    expect(tree.filter((name) => name.startsWith(below))).toEqual([
      `${below}/${stem}.csv`,
      `${below}/${stem}.safetensors`,
      `${below}/extra_data-vid_${id + 10_000}/model_dict-mid_${id}-vid_${id + 10_000}.json`,
    ]);
  });

  it('a stored basic counts, too', async () => {
    makeAppRoot(sandbox.path('app'), 'ComfyUI');
    await runInProcess(['default', '-s', 'basic'], sandbox, { command: 'civitconfig' });
    const { stderr } = await download(ids.types.LORA, 'app');
    expect(stderr).not.toContain('ComfyUI found');
    expect(await sandbox.tree('app')).toContain(
      `Example LORA/exampleLORA-mid_${ids.types.LORA}-vid_${ids.types.LORA + 10_000}.safetensors`,
    );
  });

  it.each([[], ['-s', 'basic'], ['-s', 'comfyui'], ['-s', '{type}']])(
    'InvokeAI manages its models itself: %s',
    async (...args) => {
      makeAppRoot(sandbox.path('app'), 'InvokeAI');
      for (const folder of ['app', 'app/models', 'app/models/loras']) {
        const { status, stderr } = await download(ids.types.LORA, folder, ...args, '--sidecars', 'none');
        expect(status).toBe(2);
        expect(stderr).toContain('scan folder');
      }
      expect(await written('InvokeAI')).toEqual([]);
    },
  );

  it('--json tells of the application and of decisions', async () => {
    makeAppRoot(sandbox.path('app'), 'Fooocus');
    const { stdout } = await download(ids.types.UNet, 'app/models', '--json');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual({
      ...{ v: 1, type: 'application', app: 'fooocus', title: 'Fooocus', root: sandbox.path('app') },
      ...{ place: 'models', layout: 'fooocus' },
    });
    expect(lines).toContainEqual(
      expect.objectContaining({
        type: 'noted',
        item: 1,
        message: expect.stringContaining('Fooocus has no folder'),
      }),
    );
  });
});
