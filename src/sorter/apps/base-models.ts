import type { DiffusionModelRule } from '../file-purpose.js';

/** Base models whose checkpoints on Civitai are mostly transformers without VAE and text encoder. */
const DIFFUSION_ONLY = new Set([
  ...['Anima', 'AuraFlow', 'Chroma', 'CogVideoX', 'Ernie', 'Ernie Turbo', 'HiDream', 'Hunyuan 1'],
  ...['Flux.1 D', 'Flux.1 S', 'Flux.1 Krea', 'Flux.1 Kontext', 'Flux.2 D', 'Flux.2 Klein 9B'],
  ...['Flux.2 Klein 9B-base', 'Flux.2 Klein 4B', 'Flux.2 Klein 4B-base', 'Hunyuan Video', 'Kolors'],
  ...['Krea 2', 'LTXV', 'LTXV2', 'LTXV 2.3', 'Lumina', 'Mochi', 'Nucleus', 'PixArt a', 'PixArt E'],
  ...['Qwen', 'ZImageBase', 'ZImageTurbo'],
]);

export const byList: DiffusionModelRule = (baseModel) =>
  DIFFUSION_ONLY.has(baseModel) || /^Wan Video\b/.test(baseModel);

const SDNEXT_COMPLETE = new Set([
  ...['Pony', 'Illustrious', 'NoobAI', 'SVD', 'SVD XT', 'Kolors', 'Stable Cascade'],
]);

/** SD.Next loads all but these as diffusion models; a model without a base model can be anything. */
export const bySdNext: DiffusionModelRule = (baseModel) =>
  baseModel !== 'Other' && !/^(SD 1|SD 2|SDXL)/.test(baseModel) && !SDNEXT_COMPLETE.has(baseModel);

/** Base models whose checkpoints always have a VAE and text encoders. */
export function isCompleteBase(baseModel: string): boolean {
  return /^(SD [12]|SDXL)|^(Pony|Illustrious|NoobAI)$/.test(baseModel);
}

export const never: DiffusionModelRule = () => false;
