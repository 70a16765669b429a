import { file, model, version } from './build.js';
import type { CatalogModel, CatalogVersion } from './entry.js';

interface CreatorModels {
  readonly count: number;
  readonly creator: string;
  /** The id of the first model. Each has one version, whose id is a million higher. */
  readonly firstId: number;
  readonly given?: (index: number) => Partial<CatalogModel>;
  readonly ofVersion?: (index: number) => Partial<CatalogVersion>;
}

const VERSION_IDS = 1_000_000;
const FILE_IDS = 2_000_000;

/** Makes the models of one creator, with small files and without images. The later ones are liked more. */
export function creatorModels({
  count,
  creator,
  firstId,
  given,
  ofVersion,
}: CreatorModels): readonly CatalogModel[] {
  return Array.from({ length: count }, (_, index) => {
    const id = firstId + index;
    const weights = file({ id: id + FILE_IDS, name: `${creator}_${index}.safetensors`, size: 1_000 });
    return model({
      id,
      name: `${creator} ${index}`,
      creator,
      likes: index,
      versions: [version({ id: id + VERSION_IDS, name: 'v1', files: [weights], ...ofVersion?.(index) })],
      ...given?.(index),
    });
  });
}
