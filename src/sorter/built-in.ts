import { a1111, comfyui } from './app-layouts.js';
import { basic, tags } from './basic.js';
import type { DescribedSorter } from './sorter.js';

/** The sorters that everybody has, by name. Nobody can add one of these names. */
export const builtIn: ReadonlyMap<string, DescribedSorter> = new Map([
  ['basic', { description: 'a folder per model', sort: basic }],
  ['tags', { description: 'a folder per base model, below it by tags, below that per model', sort: tags }],
  [
    'comfyui',
    { description: "the root directory is ComfyUI's: each file where ComfyUI looks for it", sort: comfyui },
  ],
  [
    'a1111',
    {
      description: "the root directory is AUTOMATIC1111's or Forge's web UI: each file where it looks for it",
      sort: a1111,
    },
  ],
]);
