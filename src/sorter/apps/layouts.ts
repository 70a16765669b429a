import type { DiffusionModelRule, FilePurpose } from '../file-purpose.js';
import type { App } from './app.js';
import { byList, bySdNext, never } from './base-models.js';

/** The folders of an application and what it loads from them. */
export interface Layout {
  /** Name of the models folder in the application's root. */
  readonly models: string;
  /** Folders relative to the root by the purpose of the files that the application loads from them. */
  readonly folders: Readonly<Partial<Record<FilePurpose, string>>>;
  /** Folders that are used only if they exist: a new one would change where an extension looks. */
  readonly ifExists?: readonly FilePurpose[];
  /** Whether a configuration can be next to its model; other applications do not read any. */
  readonly hasConfigs: boolean;
  /** Extensions that the application loads, with the dot; other purposes are not checked. */
  readonly extensions: Readonly<Partial<Record<FilePurpose, readonly string[]>>>;
  readonly isDiffusionModel: DiffusionModelRule;
}

const TORCH = ['.safetensors', '.ckpt', '.pt', '.pth', '.bin'];
const COMFY = [...TORCH, '.sft', '.pt2', '.pkl'];
const COMFY_GGUF = [...COMFY, '.gguf'];
const FORGE_PARTS = ['.safetensors', '.ckpt', '.pt', '.bin', '.gguf'];
const NEO_PARTS = [...FORGE_PARTS, '.pth', '.sft'];
const LORA_FILES = ['.safetensors', '.pt', '.ckpt'];
const FORGE_CONTROL = ['.safetensors', '.pt', '.pth', '.ckpt', '.bin', '.patch'];
const SWARM = ['.safetensors', '.sft', '.gguf', '.engine'];
const MATRIX = [...TORCH, '.sft', '.gguf'];
const FOOOCUS = ['.safetensors', '.pth', '.ckpt', '.bin', '.patch'];

const WEIGHTS = [
  'checkpoint',
  'diffusion-model',
  'lora',
  'locon',
  'embedding',
  'vae',
  'text-encoder',
] as const;
const MORE_WEIGHTS = [...WEIGHTS, 'clip-vision', 'controlnet', 'upscaler'] as const;

function each(
  purposes: readonly FilePurpose[],
  extensions: readonly string[],
): Readonly<Partial<Record<FilePurpose, readonly string[]>>> {
  return Object.fromEntries(purposes.map((purpose) => [purpose, extensions]));
}

const COMFYUI: Layout = {
  models: 'models',
  folders: {
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
  },
  // The node of dynamic prompts prefers this folder to its own one as soon as it exists.
  ifExists: ['wildcards'],
  hasConfigs: true,
  extensions: {
    ...each(MORE_WEIGHTS, COMFY),
    ...each(['diffusion-model', 'text-encoder'], COMFY_GGUF),
  },
  isDiffusionModel: byList,
};

/** A1111 expects a configuration in the folder of its checkpoint: the server gives both the same stem. */
const A1111: Layout = {
  models: 'models',
  folders: {
    checkpoint: 'models/Stable-diffusion',
    lora: 'models/Lora',
    embedding: 'embeddings',
    vae: 'models/VAE',
    hypernetwork: 'models/hypernetworks',
    controlnet: 'models/ControlNet',
    upscaler: 'models/ESRGAN',
    'motion-module': 'extensions/sd-webui-animatediff/model',
    'box-detector': 'models/adetailer',
    'segment-detector': 'models/adetailer',
    'aesthetic-gradient': 'extensions/stable-diffusion-webui-aesthetic-gradients/aesthetic_embeddings',
    poses: 'models/Poses',
    wildcards: 'extensions/sd-dynamic-prompts/wildcards',
    workflow: 'models/Workflows',
  },
  hasConfigs: true,
  extensions: {
    ...each(['lora', 'locon', 'vae'], LORA_FILES),
    checkpoint: ['.safetensors', '.ckpt'],
    embedding: ['.safetensors', '.pt', '.bin'],
    hypernetwork: ['.pt'],
    upscaler: ['.safetensors', '.pt', '.pth'],
    ...each(['box-detector', 'segment-detector'], ['.pt', '.pth']),
  },
  isDiffusionModel: byList,
};

const FORGE: Layout = {
  ...A1111,
  folders: {
    ...A1111.folders,
    'diffusion-model': 'models/Stable-diffusion',
    'text-encoder': 'models/text_encoder',
  },
  extensions: {
    ...A1111.extensions,
    ...each(['checkpoint', 'diffusion-model'], ['.safetensors', '.ckpt', '.gguf']),
    ...each(['vae', 'text-encoder'], FORGE_PARTS),
    controlnet: FORGE_CONTROL,
  },
  isDiffusionModel: never,
};

const { hypernetwork: _hypernetwork, 'motion-module': _motionModule, ...neoFolders } = FORGE.folders;

/** Forge Classic and Forge Neo. */
const FORGE_NEO: Layout = {
  ...FORGE,
  folders: { ...neoFolders, embedding: 'models/embeddings' },
  extensions: { ...FORGE.extensions, ...each(['vae', 'text-encoder'], NEO_PARTS) },
};

const SDNEXT: Layout = {
  models: 'models',
  folders: {
    checkpoint: 'models/Stable-diffusion',
    'diffusion-model': 'models/UNET',
    lora: 'models/Lora',
    embedding: 'models/embeddings',
    vae: 'models/VAE',
    hypernetwork: 'models/hypernetworks',
    controlnet: 'models/control/controlnet',
    upscaler: 'models/ESRGAN',
    'text-encoder': 'models/Text-encoder',
    'motion-module': 'models/motion',
    'box-detector': 'models/yolo',
    'segment-detector': 'models/yolo',
    wildcards: 'models/wildcards',
    workflow: 'models/workflows',
  },
  hasConfigs: false,
  extensions: {
    ...each(['checkpoint', 'vae', 'controlnet'], ['.safetensors']),
    ...each(['lora', 'locon'], LORA_FILES),
    'diffusion-model': ['.safetensors', '.gguf', '.pth'],
    'text-encoder': ['.safetensors', '.gguf'],
    embedding: ['.safetensors', '.bin', '.pt'],
  },
  isDiffusionModel: bySdNext,
};

const SWARMUI: Layout = {
  models: 'Models',
  folders: {
    checkpoint: 'Models/Stable-Diffusion',
    'diffusion-model': 'Models/diffusion_models',
    lora: 'Models/Lora',
    embedding: 'Models/Embeddings',
    vae: 'Models/VAE',
    controlnet: 'Models/controlnet',
    upscaler: 'Models/upscale_models',
    'text-encoder': 'Models/text_encoders',
    'clip-vision': 'Models/clip_vision',
    'box-detector': 'Models/yolov8',
    'segment-detector': 'Models/yolov8',
    wildcards: 'Data/Wildcards',
  },
  hasConfigs: false,
  extensions: each(WEIGHTS, SWARM),
  isDiffusionModel: byList,
};

/** Its packages share these folders, whose first name decides what a file is. */
const STABILITY_MATRIX: Layout = {
  models: 'Models',
  folders: {
    checkpoint: 'Models/StableDiffusion',
    'diffusion-model': 'Models/DiffusionModels',
    lora: 'Models/Lora',
    locon: 'Models/LyCORIS',
    embedding: 'Models/Embeddings',
    vae: 'Models/VAE',
    hypernetwork: 'Models/Hypernetwork',
    controlnet: 'Models/ControlNet',
    upscaler: 'Models/ESRGAN',
    'text-encoder': 'Models/TextEncoders',
    'clip-vision': 'Models/ClipVision',
    'box-detector': 'Models/Ultralytics/bbox',
    'segment-detector': 'Models/Ultralytics/segm',
    workflow: 'Workflows',
  },
  hasConfigs: true,
  extensions: each(MORE_WEIGHTS, MATRIX),
  isDiffusionModel: byList,
};

const FOOOCUS_LAYOUT: Layout = {
  models: 'models',
  folders: {
    checkpoint: 'models/checkpoints',
    lora: 'models/loras',
    embedding: 'models/embeddings',
    vae: 'models/vae',
    'clip-vision': 'models/clip_vision',
    controlnet: 'models/controlnet',
    upscaler: 'models/upscale_models',
    wildcards: 'wildcards',
  },
  hasConfigs: false,
  extensions: each(MORE_WEIGHTS, FOOOCUS),
  isDiffusionModel: byList,
};

export const LAYOUTS: Readonly<Record<App, Layout>> = {
  comfyui: COMFYUI,
  a1111: A1111,
  forge: FORGE,
  'forge-neo': FORGE_NEO,
  sdnext: SDNEXT,
  swarmui: SWARMUI,
  'stability-matrix': STABILITY_MATRIX,
  fooocus: FOOOCUS_LAYOUT,
};
