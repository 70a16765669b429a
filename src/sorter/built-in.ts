import { a1111, comfyui } from './app-layouts.js';
import { basic, tags } from './basic.js';
import type { DescribedSorter } from './sorter.js';

/** The built-in sorters by name. Their names are reserved. */
export const builtInSorters: ReadonlyMap<string, DescribedSorter> = new Map([
  ['basic', { description: 'a folder per model', sort: basic }],
  ['tags', { description: 'folders by base model, tags and model', sort: tags }],
  [
    'comfyui',
    {
      description: 'the folders that ComfyUI loads from; the root directory is the ComfyUI folder',
      sort: comfyui,
    },
  ],
  [
    'a1111',
    {
      description:
        "the folders that AUTOMATIC1111 or Forge loads from; the root directory is the web UI's folder",
      sort: a1111,
    },
  ],
]);
