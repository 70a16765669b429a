import type { ModelFile } from '../civitai/model.js';

/** The use of a file in an application. */
export type FilePurpose =
  | 'checkpoint'
  | 'diffusion-model'
  | 'lora'
  | 'locon'
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

/** These types of files decide regardless of the model: the VAE of a checkpoint is a VAE. */
const BY_FILE_TYPE: ReadonlyMap<string, FilePurpose> = new Map([
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

/** Files with the purpose of their model. */
const MAIN_FILE_TYPES = new Set(['Model', 'Pruned Model']);

const BY_MODEL_TYPE: ReadonlyMap<string, FilePurpose> = new Map([
  ['Checkpoint', 'checkpoint'],
  ['LORA', 'lora'],
  ['LoCon', 'locon'],
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

/** Configurations are the content of these models. */
const CONFIG_MODELS = new Set<FilePurpose>(['poses', 'wildcards', 'workflow']);

const ARCHIVE = /\.(zip|7z|rar|tar|t?gz)$/i;

/** Whether an application loads checkpoints of a base model as diffusion models only. */
export type DiffusionModelRule = (baseModel: string) => boolean;

/** A file with its model's type and its version's base model. */
export interface PurposeQuery {
  readonly modelType: string;
  readonly baseModel: string;
  readonly file: ModelFile;
  readonly isDiffusionModel: DiffusionModelRule;
  /** Whether a checkpoint has a VAE or text encoders; undefined if only its base model is known. */
  readonly isComplete?: boolean | undefined;
}

/**
 * Returns the purposes of a file, the most specific first; none if applications cannot load it. Applications without a
 * folder for configurations expect one next to the file that it configures.
 */
export function purposesOf({
  modelType,
  baseModel,
  file,
  isDiffusionModel,
  isComplete,
}: PurposeQuery): readonly FilePurpose[] {
  if (ARCHIVE.test(file.name)) return [];
  const modelPurpose = BY_MODEL_TYPE.get(modelType);
  if (file.type === 'Config') return configPurposes(modelPurpose);
  const isMain = MAIN_FILE_TYPES.has(file.type);
  const purpose = isMain ? mainFilePurpose(modelPurpose, file) : BY_FILE_TYPE.get(file.type);
  // Only the file itself is certain: some of these checkpoints are complete. So an application without diffusion models
  // gets them as checkpoints.
  if (isMain && purpose === 'checkpoint') {
    const isDiffusion = isComplete === undefined ? isDiffusionModel(baseModel) : !isComplete;
    return isDiffusion ? ['diffusion-model', 'checkpoint'] : ['checkpoint', 'diffusion-model'];
  }
  if (purpose === 'locon') return ['locon', 'lora'];
  return purpose ? [purpose] : [];
}

function configPurposes(modelPurpose: FilePurpose | undefined): readonly FilePurpose[] {
  if (!modelPurpose) return ['config'];
  return CONFIG_MODELS.has(modelPurpose) ? [modelPurpose] : ['config', modelPurpose];
}

function mainFilePurpose(
  modelPurpose: FilePurpose | undefined,
  { name, format }: ModelFile,
): FilePurpose | undefined {
  const isGguf = format === 'GGUF' || /\.gguf$/i.test(name);
  if (modelPurpose === 'checkpoint' && isGguf) return 'diffusion-model';
  if (modelPurpose === 'box-detector' && /seg/i.test(name)) return 'segment-detector';
  return modelPurpose;
}
