import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelFile } from '../../src/civitai/model.js';
import { a1111, comfyui } from '../../src/sorter/app-layouts.js';
import { fileOf, modelOf, versionOf } from '../civitai/samples.js';

const root = '/app';
const sorters = { comfyui, a1111 };

/** The application does not load from here. */
const notLoaded = 'models/civitdl/Felt';

const SD = 'models/Stable-diffusion';

interface Row {
  readonly model: string;
  readonly file?: string;
  readonly name?: string;
  readonly format?: string;
  readonly comfyui: string;
  readonly a1111: string;
}

/** By model type and file type, by default `Model`. */
const rows: readonly Row[] = [
  { model: 'Checkpoint', comfyui: 'models/checkpoints', a1111: SD },
  { model: 'Checkpoint', file: 'Pruned Model', comfyui: 'models/checkpoints', a1111: SD },
  { model: 'Checkpoint', file: 'VAE', comfyui: 'models/vae', a1111: 'models/VAE' },
  { model: 'Checkpoint', file: 'Diffusion Model', comfyui: 'models/diffusion_models', a1111: SD },
  { model: 'Checkpoint', file: 'UNet', comfyui: 'models/diffusion_models', a1111: SD },
  { model: 'Checkpoint', format: 'GGUF', comfyui: 'models/diffusion_models', a1111: SD },
  { model: 'Checkpoint', name: 'x.GGUF', comfyui: 'models/diffusion_models', a1111: SD },
  {
    model: 'Checkpoint',
    file: 'Text Encoder',
    comfyui: 'models/text_encoders',
    a1111: 'models/text_encoder',
  },
  { model: 'Checkpoint', file: 'Vision Encoder', comfyui: 'models/clip_vision', a1111: notLoaded },
  { model: 'Checkpoint', file: 'CLIPVision', comfyui: 'models/clip_vision', a1111: notLoaded },
  { model: 'Checkpoint', file: 'ControlNet', comfyui: 'models/controlnet', a1111: 'models/ControlNet' },
  { model: 'Checkpoint', file: 'Upscaler', comfyui: 'models/upscale_models', a1111: 'models/ESRGAN' },
  { model: 'Checkpoint', file: 'Enhancement LoRA', comfyui: 'models/loras', a1111: 'models/Lora' },
  { model: 'Checkpoint', file: 'Negative', comfyui: 'models/embeddings', a1111: 'embeddings' },
  { model: 'Checkpoint', file: 'Config', name: 'x.yaml', comfyui: 'models/configs', a1111: SD },
  { model: 'Checkpoint', file: 'Workflow', comfyui: 'user/default/workflows', a1111: 'models/Workflows' },
  { model: 'Checkpoint', file: 'Training Data', comfyui: notLoaded, a1111: notLoaded },
  { model: 'Checkpoint', file: 'Archive', comfyui: notLoaded, a1111: notLoaded },
  { model: 'Checkpoint', file: 'Other', comfyui: notLoaded, a1111: notLoaded },
  { model: 'Checkpoint', file: 'Not Invented Yet', comfyui: notLoaded, a1111: notLoaded },
  { model: 'Checkpoint', name: 'coreml.zip', comfyui: notLoaded, a1111: notLoaded },
  { model: 'LORA', comfyui: 'models/loras', a1111: 'models/Lora' },
  { model: 'LoCon', comfyui: 'models/loras', a1111: 'models/Lora' },
  { model: 'DoRA', comfyui: 'models/loras', a1111: 'models/Lora' },
  { model: 'LORA', file: 'Training Data', name: 'x.zip', comfyui: notLoaded, a1111: notLoaded },
  { model: 'TextualInversion', comfyui: 'models/embeddings', a1111: 'embeddings' },
  { model: 'TextualInversion', file: 'Negative', comfyui: 'models/embeddings', a1111: 'embeddings' },
  { model: 'VAE', comfyui: 'models/vae', a1111: 'models/VAE' },
  { model: 'VAE', file: 'VAE', comfyui: 'models/vae', a1111: 'models/VAE' },
  { model: 'Hypernetwork', comfyui: 'models/hypernetworks', a1111: 'models/hypernetworks' },
  { model: 'Controlnet', comfyui: 'models/controlnet', a1111: 'models/ControlNet' },
  { model: 'Controlnet', file: 'Config', comfyui: 'models/configs', a1111: 'models/ControlNet' },
  { model: 'Upscaler', comfyui: 'models/upscale_models', a1111: 'models/ESRGAN' },
  { model: 'TextEncoder', comfyui: 'models/text_encoders', a1111: 'models/text_encoder' },
  { model: 'CLIP', comfyui: 'models/text_encoders', a1111: 'models/text_encoder' },
  { model: 'CLIP', file: 'Vision Encoder', comfyui: 'models/clip_vision', a1111: notLoaded },
  { model: 'CLIPVision', comfyui: 'models/clip_vision', a1111: notLoaded },
  { model: 'UNet', comfyui: 'models/diffusion_models', a1111: SD },
  {
    model: 'MotionModule',
    comfyui: 'models/animatediff_models',
    a1111: 'extensions/sd-webui-animatediff/model',
  },
  { model: 'Detection', name: 'face.pt', comfyui: 'models/ultralytics/bbox', a1111: 'models/adetailer' },
  { model: 'Detection', name: 'hand_Seg.pt', comfyui: 'models/ultralytics/segm', a1111: 'models/adetailer' },
  { model: 'VisionLanguage', comfyui: 'models/LLM', a1111: notLoaded },
  { model: 'LLM', comfyui: 'models/LLM', a1111: notLoaded },
  {
    model: 'AestheticGradient',
    comfyui: notLoaded,
    a1111: 'extensions/stable-diffusion-webui-aesthetic-gradients/aesthetic_embeddings',
  },
  { model: 'Poses', comfyui: notLoaded, a1111: 'models/Poses' },
  { model: 'Poses', file: 'Archive', name: 'x.zip', comfyui: notLoaded, a1111: notLoaded },
  {
    model: 'Wildcards',
    file: 'Config',
    name: 'x.yaml',
    comfyui: 'wildcards',
    a1111: 'extensions/sd-dynamic-prompts/wildcards',
  },
  { model: 'Wildcards', file: 'Archive', name: 'x.zip', comfyui: notLoaded, a1111: notLoaded },
  { model: 'Workflows', comfyui: 'user/default/workflows', a1111: 'models/Workflows' },
  { model: 'ComfyWorkflows', comfyui: 'user/default/workflows', a1111: 'models/Workflows' },
  { model: 'Workflows', name: 'x.zip', comfyui: notLoaded, a1111: notLoaded },
  { model: 'Other', comfyui: notLoaded, a1111: notLoaded },
  { model: 'Other', file: 'Config', name: 'x.yaml', comfyui: 'models/configs', a1111: notLoaded },
  { model: 'NotInventedYet', comfyui: notLoaded, a1111: notLoaded },
];

function directoriesOf(app: keyof typeof sorters, type: string, file: ModelFile) {
  const given = modelOf(66, { name: 'Felt', type });
  const { model, ...rest } = sorters[app](given, versionOf(75), file, root);
  return {
    model: relative(root, model),
    extra: [...new Set(Object.values(rest).map((one) => relative(root, one)))],
  };
}

describe.each(['comfyui', 'a1111'] as const)('the layout of %s', (app) => {
  it.each(rows.map((row) => [`${row.model}, ${row.file ?? 'Model'} ${row.name ?? ''}`, row] as const))(
    'has a folder for %s',
    (_what, row) => {
      const file = fileOf(90, {
        type: row.file ?? 'Model',
        ...(row.name !== undefined && { name: row.name }),
        format: row.format,
      });
      expect(directoriesOf(app, row.model, file).model).toBe(row[app]);
    },
  );

  it('has everything but the model file where the application does not load it', () => {
    const type = fc.oneof(fc.constantFrom(...rows.map(({ model }) => model)), fc.string());
    const fileType = fc.oneof(fc.constantFrom(...rows.map(({ file }) => file ?? 'Model')), fc.string());
    fc.assert(
      fc.property(type, fileType, fc.string(), (modelType, ofFile, name) => {
        const { extra } = directoriesOf(app, modelType, fileOf(90, { type: ofFile, name }));
        expect(extra).toEqual([`${notLoaded}/extra_data-vid_75`]);
      }),
      { numRuns: 200 },
    );
  });
});

it('has all its folders on the page about sorters', () => {
  const page = readFileSync(new URL('../../doc/sorter.md', import.meta.url), 'utf8');
  const places = rows.flatMap((row) => [row.comfyui, row.a1111]).filter((place) => place !== notLoaded);
  expect(places.filter((place) => !page.includes(`| \`${place}\` `))).toEqual([]);
});
