import type { Model, ModelFile } from '../civitai/model.js';

/** What an application uses a file for, whatever the site calls it. */
export type Purpose =
  | 'checkpoint'
  | 'diffusion-model'
  | 'lora'
  | 'embedding'
  | 'vae'
  | 'hypernetwork'
  | 'controlnet'
  | 'upscaler'
  | 'text-encoder'
  | 'clip-vision'
  | 'motion-module'
  | 'box-detector'
  | 'segment-detector'
  | 'language-model'
  | 'aesthetic-gradient'
  | 'poses'
  | 'wildcards'
  | 'workflow'
  | 'config';

/** A file of one of these types is what it is, whatever the model it comes with: a bundled VAE is no checkpoint. */
const BY_FILE_TYPE: ReadonlyMap<string, Purpose> = new Map([
  ['Negative', 'embedding'],
  ['VAE', 'vae'],
  ['Text Encoder', 'text-encoder'],
  ['Vision Encoder', 'clip-vision'],
  ['CLIPVision', 'clip-vision'],
  ['UNet', 'diffusion-model'],
  ['Diffusion Model', 'diffusion-model'],
  ['ControlNet', 'controlnet'],
  ['Upscaler', 'upscaler'],
  ['Enhancement LoRA', 'lora'],
  ['Workflow', 'workflow'],
]);

/** Files of these types are what the model is. */
const MAIN_FILE_TYPES = new Set(['Model', 'Pruned Model']);

const BY_MODEL_TYPE: ReadonlyMap<string, Purpose> = new Map([
  ['Checkpoint', 'checkpoint'],
  ['LORA', 'lora'],
  ['LoCon', 'lora'],
  ['DoRA', 'lora'],
  ['TextualInversion', 'embedding'],
  ['VAE', 'vae'],
  ['Hypernetwork', 'hypernetwork'],
  ['Controlnet', 'controlnet'],
  ['Upscaler', 'upscaler'],
  ['TextEncoder', 'text-encoder'],
  ['CLIP', 'text-encoder'],
  ['CLIPVision', 'clip-vision'],
  ['UNet', 'diffusion-model'],
  ['MotionModule', 'motion-module'],
  ['Detection', 'box-detector'],
  ['VisionLanguage', 'language-model'],
  ['LLM', 'language-model'],
  ['AestheticGradient', 'aesthetic-gradient'],
  ['Poses', 'poses'],
  ['Wildcards', 'wildcards'],
  ['Workflows', 'workflow'],
  ['ComfyWorkflows', 'workflow'],
]);

/** Models whose main thing is what elsewhere only configures the main thing. */
const CONFIG_IS_MAIN = new Set<Purpose>(['poses', 'wildcards', 'workflow']);

const ARCHIVE = /\.(zip|7z|rar|tar|t?gz)$/i;

/**
 * What a file is for, by its own type first and its model's second, the best answer first; none where no application
 * loads it as it is. A configuration has its place where there is one for them, else beside what it configures.
 */
export function purposesOf(model: Pick<Model, 'type'>, file: ModelFile): readonly Purpose[] {
  if (ARCHIVE.test(file.name)) return [];
  const main = BY_MODEL_TYPE.get(model.type);
  const own = MAIN_FILE_TYPES.has(file.type) ? refined(main, file) : BY_FILE_TYPE.get(file.type);
  if (file.type !== 'Config') return own ? [own] : [];
  if (!main) return ['config'];
  return CONFIG_IS_MAIN.has(main) ? [main] : ['config', main];
}

/** Where the model's type alone does not tell. */
function refined(purpose: Purpose | undefined, { name, format }: ModelFile): Purpose | undefined {
  const isGguf = format === 'GGUF' || /\.gguf$/i.test(name);
  if (purpose === 'checkpoint' && isGguf) return 'diffusion-model';
  if (purpose === 'box-detector' && /seg/i.test(name)) return 'segment-detector';
  return purpose;
}
