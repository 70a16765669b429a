import { join } from 'node:path';
import { type FilePurpose, purposesOf } from './file-purpose.js';
import { extraDataFolder, modelFolder } from './model-folder.js';
import type { Sorter } from './sorter.js';

/** Folders of an application by the purpose of the files that it loads from them. */
type Layout = Readonly<Partial<Record<FilePurpose, string>>>;

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
  // Custom nodes load the rest.
  'motion-module': 'models/animatediff_models',
  'box-detector': 'models/ultralytics/bbox',
  'segment-detector': 'models/ultralytics/segm',
  'language-model': 'models/LLM',
  wildcards: 'wildcards',
  workflow: 'user/default/workflows',
};

/** A1111 expects a configuration in the folder of its checkpoint: the server gives both the same stem. */
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

/** Neither application loads from here: A1111 loads pictures as embeddings, and ComfyUI loads any JSON as a workflow. */
const NOT_LOADED = 'models/civitdl';

export const comfyui = createSorter(COMFYUI);
export const a1111 = createSorter(A1111);

function createSorter(layout: Layout) {
  return ((model, version, file, rootDir) => {
    const notLoaded = join(rootDir, NOT_LOADED, modelFolder(model.name, model.id));
    const extra = join(notLoaded, extraDataFolder(version));
    const [folder] = purposesOf(model.type, file).flatMap((purpose) => layout[purpose] ?? []);
    const directory = folder === undefined ? notLoaded : join(rootDir, folder);
    return { model: directory, metadata: extra, images: extra, prompts: extra };
  }) satisfies Sorter;
}
