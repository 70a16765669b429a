import { join } from 'node:path';
import { extraData, modelFolder } from './basic.js';
import { type Purpose, purposesOf } from './file-purpose.js';
import type { Sorter } from './sorter.js';

/**
 * Where an application looks for what, below its own folder; what is not in it has no place there. A1111 has none for
 * configurations: one belongs beside its checkpoint, and the server gives both the same stem.
 */
type Layout = Readonly<Partial<Record<Purpose, string>>>;

const COMFYUI: Layout = {
  checkpoint: 'models/checkpoints',
  'diffusion-model': 'models/diffusion_models',
  lora: 'models/loras',
  embedding: 'models/embeddings',
  vae: 'models/vae',
  hypernetwork: 'models/hypernetworks',
  controlnet: 'models/controlnet',
  upscaler: 'models/upscale_models',
  'text-encoder': 'models/text_encoders',
  'clip-vision': 'models/clip_vision',
  config: 'models/configs',
  // The rest by the custom nodes that read it.
  'motion-module': 'models/animatediff_models',
  'box-detector': 'models/ultralytics/bbox',
  'segment-detector': 'models/ultralytics/segm',
  'language-model': 'models/LLM',
  wildcards: 'wildcards',
  workflow: 'user/default/workflows',
};

const A1111: Layout = {
  checkpoint: 'models/Stable-diffusion',
  'diffusion-model': 'models/Stable-diffusion',
  lora: 'models/Lora',
  embedding: 'embeddings',
  vae: 'models/VAE',
  hypernetwork: 'models/hypernetworks',
  controlnet: 'models/ControlNet',
  upscaler: 'models/ESRGAN',
  'text-encoder': 'models/text_encoder',
  'motion-module': 'extensions/sd-webui-animatediff/model',
  'box-detector': 'models/adetailer',
  'segment-detector': 'models/adetailer',
  'aesthetic-gradient': 'extensions/stable-diffusion-webui-aesthetic-gradients/aesthetic_embeddings',
  poses: 'models/Poses',
  wildcards: 'extensions/sd-dynamic-prompts/wildcards',
  workflow: 'models/Workflows',
};

/**
 * No loader of either application looks here. A1111 takes pictures among its embeddings for embeddings, ComfyUI takes any
 * JSON among its workflows for one: so everything but model files stays away from them.
 */
const OUTSIDE_OF_LOADERS = 'models/civitdl';

export const comfyui = sorterFor(COMFYUI);
export const a1111 = sorterFor(A1111);

function sorterFor(layout: Layout) {
  return ((model, version, file, rootDir) => {
    const own = join(rootDir, OUTSIDE_OF_LOADERS, modelFolder(model.name, model.id));
    const extra = join(own, extraData(version));
    const [place] = purposesOf(model, file).flatMap((purpose) => layout[purpose] ?? []);
    const directory = place === undefined ? own : join(rootDir, place);
    return { model: directory, metadata: extra, images: extra, prompts: extra };
  }) satisfies Sorter;
}
