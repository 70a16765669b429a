import type { Selectors } from './choose-file.js';

const TYPES = [
  'Model',
  'Text Encoder',
  'Vision Encoder',
  'Pruned Model',
  'Negative',
  'Training Data',
  'VAE',
  'Config',
  'Archive',
  'UNet',
  'Diffusion Model',
  'CLIPVision',
  'ControlNet',
  'Workflow',
  'Upscaler',
  'Enhancement LoRA',
  'Other',
];
const FORMATS = ['SafeTensor', 'PickleTensor', 'GGUF', 'Diffusers', 'Core ML', 'ONNX', 'Other'];
const SIZES = ['full', 'pruned'];
const MAX_TEXT_LENGTH = 64;

/** Returns the selectors of a download's query; undefined if one of them is invalid. */
export function parseSelectors(query: URLSearchParams): Selectors | undefined {
  const given = Object.fromEntries(query);
  const { type, format, size, fp, quantType, fileId } = given;
  const valid =
    (type === undefined || TYPES.includes(type)) &&
    (format === undefined || FORMATS.includes(format)) &&
    (size === undefined || SIZES.includes(size)) &&
    (fp?.length ?? 0) <= MAX_TEXT_LENGTH &&
    (quantType?.length ?? 0) <= MAX_TEXT_LENGTH &&
    (fileId === undefined || /^\d+$/.test(fileId));
  if (!valid) return undefined;
  return {
    ...(type !== undefined && { type }),
    ...(format !== undefined && { format }),
    ...(size !== undefined && { size }),
    ...(fp !== undefined && { fp }),
    ...(quantType !== undefined && { quantType }),
    ...(fileId !== undefined && { fileId: Number(fileId) }),
  };
}
