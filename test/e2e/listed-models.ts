import type { CatalogModel } from '../fake-civitai/catalog.js';
import { file, image, model, version } from '../fake-civitai/catalog.js';

export const FIRST_MODEL = 820_000;

/** Makes small models of one creator, each with an image. The ids of versions, files and images derive from the model's. */
export function modelsOf(creator: string, count: number, first = FIRST_MODEL): readonly CatalogModel[] {
  return Array.from({ length: count }, (_, index) => first + index).map((id) =>
    model({
      id,
      name: `Lantern ${id}`,
      creator,
      type: id % 5 === 0 ? 'Checkpoint' : 'LORA',
      versions: [
        version({
          id: id + 10_000,
          name: 'v1',
          trainedWords: [`word ${id}`],
          files: [file({ id: id + 20_000, name: `lantern_${id}.safetensors`, size: 2_000 })],
          images: [image({ id: id + 30_000 })],
        }),
      ],
    }),
  );
}

/** Returns what a list of failures says of a model. */
export function sourceOf(id: number): string {
  return `${id}@${id + 10_000}`;
}
