import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { ModelFile } from '../../../src/civitai/model.js';
import { APPS, type App, TITLES } from '../../../src/sorter/apps/app.js';
import { AppLayout } from '../../../src/sorter/apps/app-layout.js';
import type { AppSettings } from '../../../src/sorter/apps/settings.js';
import { fileOf, modelOf, versionOf } from '../../civitai/samples.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';

const root = '/app';

/** The application does not load from here. */
const notLoaded: Readonly<Record<App, string>> = {
  comfyui: 'models/civitdl/Felt',
  a1111: 'models/civitdl/Felt',
  forge: 'models/civitdl/Felt',
  'forge-neo': 'models/civitdl/Felt',
  sdnext: 'models/civitdl/Felt',
  swarmui: 'Models/civitdl/Felt',
  'stability-matrix': 'Models/civitdl/Felt',
  fooocus: 'models/civitdl/Felt',
};

interface Sample {
  readonly model: string;
  /** `Model` by default. */
  readonly file?: string;
  readonly name?: string;
  readonly format?: string;
  readonly baseModel?: string;
}

/** The folders of a file in the applications that load it. */
type Folders = Readonly<Partial<Record<App, string>>>;

const webui = (folder: string): Folders => ({ a1111: folder, forge: folder, 'forge-neo': folder });

const checkpoint: Folders = {
  ...webui('models/Stable-diffusion'),
  comfyui: 'models/checkpoints',
  sdnext: 'models/Stable-diffusion',
  swarmui: 'Models/Stable-Diffusion',
  'stability-matrix': 'Models/StableDiffusion',
  fooocus: 'models/checkpoints',
};
const diffusion: Folders = {
  comfyui: 'models/diffusion_models',
  forge: 'models/Stable-diffusion',
  'forge-neo': 'models/Stable-diffusion',
  sdnext: 'models/UNET',
  swarmui: 'Models/diffusion_models',
  'stability-matrix': 'Models/DiffusionModels',
};
const lora: Folders = {
  ...webui('models/Lora'),
  comfyui: 'models/loras',
  sdnext: 'models/Lora',
  swarmui: 'Models/Lora',
  'stability-matrix': 'Models/Lora',
  fooocus: 'models/loras',
};
const embedding: Folders = {
  comfyui: 'models/embeddings',
  a1111: 'embeddings',
  forge: 'embeddings',
  'forge-neo': 'models/embeddings',
  sdnext: 'models/embeddings',
  swarmui: 'Models/Embeddings',
  'stability-matrix': 'Models/Embeddings',
  fooocus: 'models/embeddings',
};
const vae: Folders = {
  ...webui('models/VAE'),
  comfyui: 'models/vae',
  sdnext: 'models/VAE',
  swarmui: 'Models/VAE',
  'stability-matrix': 'Models/VAE',
  fooocus: 'models/vae',
};
const textEncoder: Folders = {
  comfyui: 'models/text_encoders',
  forge: 'models/text_encoder',
  'forge-neo': 'models/text_encoder',
  sdnext: 'models/Text-encoder',
  swarmui: 'Models/text_encoders',
  'stability-matrix': 'Models/TextEncoders',
};
const clipVision: Folders = {
  comfyui: 'models/clip_vision',
  swarmui: 'Models/clip_vision',
  'stability-matrix': 'Models/ClipVision',
  fooocus: 'models/clip_vision',
};
const controlnet: Folders = {
  ...webui('models/ControlNet'),
  comfyui: 'models/controlnet',
  sdnext: 'models/control/controlnet',
  swarmui: 'Models/controlnet',
  'stability-matrix': 'Models/ControlNet',
  fooocus: 'models/controlnet',
};
const upscaler: Folders = {
  ...webui('models/ESRGAN'),
  comfyui: 'models/upscale_models',
  sdnext: 'models/ESRGAN',
  swarmui: 'Models/upscale_models',
  'stability-matrix': 'Models/ESRGAN',
  fooocus: 'models/upscale_models',
};
const workflow: Folders = {
  ...webui('models/Workflows'),
  comfyui: 'user/default/workflows',
  sdnext: 'models/workflows',
  'stability-matrix': 'Workflows',
};
const languageModel: Folders = { comfyui: 'models/LLM' };
const wildcards: Folders = {
  ...webui('extensions/sd-dynamic-prompts/wildcards'),
  sdnext: 'models/wildcards',
  swarmui: 'Data/Wildcards',
  fooocus: 'wildcards',
};

const detector = (kind: 'bbox' | 'segm'): Folders => ({
  ...webui('models/adetailer'),
  comfyui: `models/ultralytics/${kind}`,
  sdnext: 'models/yolo',
  swarmui: 'Models/yolov8',
  'stability-matrix': `Models/Ultralytics/${kind}`,
});

/** A configuration next to the file that it configures, where the application reads it. */
const configOf = (folders: Folders): Folders => ({
  ...webui(folders.a1111 ?? ''),
  comfyui: 'models/configs',
  'stability-matrix': folders['stability-matrix'] ?? '',
});

const rows: readonly (readonly [sample: Sample, folders: Folders])[] = [
  [{ model: 'Checkpoint' }, checkpoint],
  [{ model: 'Checkpoint', file: 'Pruned Model' }, checkpoint],
  [{ model: 'Checkpoint', file: 'VAE' }, vae],
  [{ model: 'Checkpoint', file: 'Diffusion Model' }, diffusion],
  [{ model: 'Checkpoint', file: 'UNet' }, diffusion],
  [{ model: 'Checkpoint', format: 'GGUF' }, diffusion],
  [{ model: 'Checkpoint', name: 'x.GGUF' }, diffusion],
  // Whether these are complete is unknown: applications without diffusion models get them as checkpoints.
  [
    { model: 'Checkpoint', baseModel: 'Flux.1 D' },
    { ...checkpoint, ...diffusion },
  ],
  [
    { model: 'Checkpoint', baseModel: 'Wan Video 14B t2v' },
    { ...checkpoint, ...diffusion },
  ],
  [
    { model: 'Checkpoint', baseModel: 'Qwen', file: 'Pruned Model' },
    { ...checkpoint, ...diffusion },
  ],
  [
    { model: 'Checkpoint', baseModel: 'Kolors' },
    { ...checkpoint, ...diffusion, sdnext: 'models/Stable-diffusion' },
  ],
  [{ model: 'Checkpoint', baseModel: 'SVD' }, checkpoint],
  [{ model: 'Checkpoint', baseModel: 'Other' }, checkpoint],
  [
    { model: 'Checkpoint', baseModel: 'SD 3.5' },
    { ...checkpoint, sdnext: 'models/UNET' },
  ],
  [{ model: 'LORA', baseModel: 'Flux.1 D' }, lora],
  [{ model: 'Checkpoint', baseModel: 'Flux.1 D', file: 'VAE' }, vae],
  [{ model: 'Checkpoint', file: 'Text Encoder' }, textEncoder],
  [{ model: 'Checkpoint', file: 'Vision Encoder' }, clipVision],
  [{ model: 'Checkpoint', file: 'CLIPVision' }, clipVision],
  [{ model: 'Checkpoint', file: 'ControlNet' }, controlnet],
  [{ model: 'Checkpoint', file: 'Upscaler' }, upscaler],
  [{ model: 'Checkpoint', file: 'Enhancement LoRA' }, lora],
  [{ model: 'Checkpoint', file: 'Negative' }, embedding],
  [{ model: 'Checkpoint', file: 'Config', name: 'x.yaml' }, configOf(checkpoint)],
  [{ model: 'Checkpoint', file: 'Workflow' }, workflow],
  [{ model: 'Checkpoint', file: 'Training Data' }, {}],
  [{ model: 'Checkpoint', file: 'Archive' }, {}],
  [{ model: 'Checkpoint', file: 'Other' }, {}],
  [{ model: 'Checkpoint', file: 'Not Invented Yet' }, {}],
  [{ model: 'Checkpoint', name: 'coreml.zip' }, {}],
  [{ model: 'LORA' }, lora],
  [{ model: 'LoCon' }, { ...lora, 'stability-matrix': 'Models/LyCORIS' }],
  [{ model: 'DoRA' }, lora],
  [{ model: 'LORA', file: 'Training Data', name: 'x.zip' }, {}],
  [{ model: 'TextualInversion' }, embedding],
  [{ model: 'TextualInversion', file: 'Negative' }, embedding],
  [{ model: 'VAE' }, vae],
  [{ model: 'VAE', file: 'VAE' }, vae],
  [
    { model: 'Hypernetwork' },
    {
      ...{ comfyui: 'models/hypernetworks', a1111: 'models/hypernetworks', forge: 'models/hypernetworks' },
      ...{ sdnext: 'models/hypernetworks', 'stability-matrix': 'Models/Hypernetwork' },
    },
  ],
  [{ model: 'Controlnet' }, controlnet],
  [{ model: 'Controlnet', file: 'Config' }, configOf(controlnet)],
  [{ model: 'Upscaler' }, upscaler],
  [{ model: 'TextEncoder' }, textEncoder],
  [{ model: 'CLIP' }, textEncoder],
  [{ model: 'CLIP', file: 'Vision Encoder' }, clipVision],
  [{ model: 'CLIPVision' }, clipVision],
  [{ model: 'UNet' }, diffusion],
  [
    { model: 'MotionModule' },
    {
      comfyui: 'models/animatediff_models',
      a1111: 'extensions/sd-webui-animatediff/model',
      forge: 'extensions/sd-webui-animatediff/model',
      sdnext: 'models/motion',
    },
  ],
  [{ model: 'Detection', name: 'face.pt' }, detector('bbox')],
  [{ model: 'Detection', name: 'hand_Seg.pt' }, detector('segm')],
  [{ model: 'VisionLanguage' }, languageModel],
  [{ model: 'LLM' }, languageModel],
  [
    { model: 'AestheticGradient' },
    webui('extensions/stable-diffusion-webui-aesthetic-gradients/aesthetic_embeddings'),
  ],
  [{ model: 'Poses' }, webui('models/Poses')],
  [{ model: 'Poses', file: 'Archive', name: 'x.zip' }, {}],
  [{ model: 'Wildcards', file: 'Config', name: 'x.yaml' }, wildcards],
  [{ model: 'Wildcards', file: 'Archive', name: 'x.zip' }, {}],
  [{ model: 'Workflows' }, workflow],
  [{ model: 'ComfyWorkflows' }, workflow],
  [{ model: 'Workflows', name: 'x.zip' }, {}],
  [{ model: 'Other' }, {}],
  [{ model: 'Other', file: 'Config', name: 'x.yaml' }, { comfyui: 'models/configs' }],
  [{ model: 'NotInventedYet' }, {}],
];

function layoutOf(app: App, settings: AppSettings = { folders: {} }, at = root): AppLayout {
  return new AppLayout({ app, title: TITLES[app], root: at, settings });
}

function fileFor({ file = 'Model', name, format }: Sample): ModelFile {
  return fileOf(90, { type: file, ...(name !== undefined && { name }), format });
}

function place(layout: AppLayout, sample: Sample, file = fileFor(sample)) {
  const version = versionOf(75, sample.baseModel === undefined ? {} : { baseModel: sample.baseModel });
  return layout.place(modelOf(66, { name: 'Felt', type: sample.model }), version, file);
}

describe.each(APPS)('the layout of %s', (app) => {
  it.each(rows.map(([sample, folders]) => [Object.values(sample).join(', '), sample, folders] as const))(
    'has a folder for %s',
    (_what, sample, folders) => {
      const { directories, purpose, notes } = place(layoutOf(app), sample);
      expect(relative(root, directories.model)).toBe(folders[app] ?? notLoaded[app]);
      expect(purpose === undefined).toBe(folders[app] === undefined);
      if (folders[app] === undefined)
        expect(notes).toEqual([expect.stringContaining(`which ${TITLES[app]} does not read`)]);
    },
  );

  it('has everything but the model file where the application does not load it', () => {
    const type = fc.oneof(fc.constantFrom(...rows.map(([{ model }]) => model)), fc.string());
    const fileType = fc.oneof(fc.constantFrom(...rows.map(([{ file }]) => file ?? 'Model')), fc.string());
    fc.assert(
      fc.property(type, fileType, fc.string(), (model, ofFile, name) => {
        const { directories } = place(layoutOf(app), { model }, fileOf(90, { type: ofFile, name }));
        const { model: _model, ...rest } = directories;
        const extra = [...new Set(Object.values(rest).map((one) => relative(root, one)))];
        expect(extra).toEqual([`${notLoaded[app]}/extra_data-vid_75`]);
      }),
      { numRuns: 100 },
    );
  });

  it('has all its folders on its page', () => {
    const page = readFileSync(new URL(`../../../doc/${app}.md`, import.meta.url), 'utf8');
    const folders = rows.flatMap(([, one]) => one[app] ?? []);
    expect(folders.filter((folder) => !page.includes(`\`${folder}\``))).toEqual([]);
  });
});

describe('ComfyUI', () => {
  it('gets wildcards only in a folder that exists: a new one would change where its node looks', async () => {
    const sample = { model: 'Wildcards', name: 'x.txt' };
    const layout = layoutOf('comfyui', undefined, sandbox.path());
    expect(place(layout, sample).directories.model).toBe(sandbox.path('models/civitdl/Felt'));
    await sandbox.write('wildcards/animals.txt', 'cat');
    expect(place(layout, sample)).toMatchObject({
      directories: { model: sandbox.path('wildcards') },
      notes: [],
    });
  });
});

describe('folders that the user has moved', () => {
  it.each<readonly [app: App, settings: AppSettings, sample: Sample, folder: string]>([
    ['comfyui', { folders: { lora: '/big/loras' } }, { model: 'LORA' }, '/big/loras'],
    ['comfyui', { folders: { lora: '/big/loras' } }, { model: 'VAE' }, '/app/models/vae'],
    ['stability-matrix', { models: '/big', folders: {} }, { model: 'LORA' }, '/big/Lora'],
    ['stability-matrix', { models: '/big', folders: {} }, { model: 'Workflows' }, '/app/Workflows'],
    ['stability-matrix', { models: '/big', folders: {} }, { model: 'Other' }, '/big/civitdl/Felt'],
    ['sdnext', { models: '/big', folders: { vae: '/vae' } }, { model: 'VAE' }, '/vae'],
    ['swarmui', { models: '/big', folders: {} }, { model: 'Checkpoint' }, '/big/Stable-Diffusion'],
    ['fooocus', { folders: { checkpoint: '/c' } }, { model: 'Checkpoint' }, '/c'],
  ])('of %s with %j', (app, settings, sample, folder) => {
    expect(place(layoutOf(app, settings), sample).directories.model).toBe(folder);
  });
});

describe('notes before a download', () => {
  it.each<readonly [app: App, sample: Sample, says: RegExp]>([
    [
      'sdnext',
      { model: 'Checkpoint', name: 'x.ckpt' },
      /^SD\.Next does not load x\.ckpt: .* \.safetensors\.$/,
    ],
    ['sdnext', { model: 'Checkpoint', file: 'VAE', name: 'x.pt' }, /^SD\.Next does not load x\.pt/],
    [
      'a1111',
      { model: 'Hypernetwork', name: 'x.safetensors' },
      /^AUTOMATIC1111 does not load x\.safetensors/,
    ],
    [
      'a1111',
      { model: 'Checkpoint', name: 'x.VAE.safetensors' },
      /as a checkpoint, because it is named as a VAE/,
    ],
    ['a1111', { model: 'Checkpoint', baseModel: 'Flux.1 D' }, /may not be able to load .* Flux\.1 D\.$/],
    ['swarmui', { model: 'LORA', name: 'x.pt' }, /^SwarmUI does not load x\.pt/],
    ['stability-matrix', { model: 'LORA', name: 'x.onnx' }, /^StabilityMatrix does not load x\.onnx/],
    ['fooocus', { model: 'LORA', name: 'x.sft' }, /^Fooocus does not load x\.sft/],
    ['comfyui', { model: 'Checkpoint', name: 'x.gguf' }, /only with the custom node ComfyUI-GGUF\.$/],
    ['comfyui', { model: 'Checkpoint', name: 'x' }, /^ComfyUI does not load x:/],
    [
      'comfyui',
      { model: 'Checkpoint', baseModel: 'Wan Video' },
      /Wan Video are mostly diffusion models .*models\/diffusion_models\. .* move it to \/app\/models\/checkpoints\.$/,
    ],
  ])('of %s about %j', (app, sample, says) => {
    expect(place(layoutOf(app), sample).notes).toEqual([expect.stringMatching(says)]);
  });

  it.each<readonly [app: App, sample: Sample]>([
    ['sdnext', { model: 'Checkpoint', name: 'x.SAFETENSORS' }],
    ['forge', { model: 'Checkpoint', baseModel: 'Flux.1 D' }],
    ['forge', { model: 'Checkpoint', name: 'x.gguf' }],
    ['a1111', { model: 'TextualInversion', name: 'x.pt' }],
    ['fooocus', { model: 'Checkpoint', name: 'x.fooocus.patch' }],
    ['comfyui', { model: 'Detection', name: 'x.onnx' }],
  ])('of %s are missing about %j', (app, sample) => {
    expect(place(layoutOf(app), sample).notes).toEqual([]);
  });
});

it('has no folder twice in another case, which would be one folder on some systems', () => {
  for (const app of APPS) {
    const folders = [...new Set(rows.flatMap(([, one]) => one[app] ?? []))];
    expect(new Set(folders.map((folder) => folder.toLowerCase())).size, app).toBe(folders.length);
  }
});
