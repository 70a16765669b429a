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
const LONGEST_TEXT = 64;

/** The selectors of a download's query; nothing when one of them is not valid. */
export function parseSelectors(query: URLSearchParams): Selectors | undefined {
  const given = Object.fromEntries(query);
  const { type, format, size, fp, quantType, fileId } = given;
  const valid =
    (type === undefined || TYPES.includes(type)) &&
    (format === undefined || FORMATS.includes(format)) &&
    (size === undefined || SIZES.includes(size)) &&
    (fp?.length ?? 0) <= LONGEST_TEXT &&
    (quantType?.length ?? 0) <= LONGEST_TEXT &&
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
