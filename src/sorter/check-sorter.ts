import { resolve } from 'node:path';
import { modelSchema } from '../civitai/schema.js';
import { caseKey } from '../disk/safe-name.js';
import { UsageError } from '../errors.js';
import { builtInSorters } from './built-in.js';
import { confineToRoot } from './directories.js';
import type { DescribedSorter } from './sorter.js';

/** Letters and digits of any script: a name becomes a file name, and must not look like a path or a template. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]{0,63}$/u;

/** @throws UsageError when the name is not valid or not available */
export function assertNewName(name: string, added: Iterable<string>): void {
  if (!NAME.test(name)) {
    throw new UsageError(
      'usage',
      `'${name}' is not a valid sorter name. Use up to 64 letters, digits, hyphens and underscores, with a letter or digit first.`,
    );
  }
  const findSame = (names: Iterable<string>) => [...names].find((one) => caseKey(one) === caseKey(name));
  if (findSame(builtInSorters.keys()) !== undefined)
    throw new UsageError('usage', `The name '${name}' is reserved for a built-in sorter.`);
  const existing = findSame(added);
  if (existing !== undefined) {
    throw new UsageError(
      'usage',
      `The sorter '${existing}' already exists. Delete it first with 'civitconfig sorter -d ${existing}'.`,
    );
  }
}

/**
 * Sorts an example model, without writing anything.
 * @throws SorterError when the sorter fails, or chooses a folder outside the root directory
 */
export async function checkSorter({ sort }: DescribedSorter): Promise<void> {
  const model = modelSchema.parse(EXAMPLE_MODEL);
  const rootDir = resolve('/', 'example', 'models');
  for (const version of model.versions)
    for (const file of version.files) confineToRoot(await sort(model, version, file, rootDir), rootDir);
}

/** A model as the API sends one. */
const EXAMPLE_MODEL = {
  id: 123456,
  name: 'Example Model',
  description: '<p>An example.</p>',
  type: 'LORA',
  nsfw: false,
  poi: false,
  minor: false,
  availability: 'Public',
  nsfwLevel: 1,
  baseModels: ['SDXL 1.0'],
  stats: { downloadCount: 1, thumbsUpCount: 1, thumbsDownCount: 0, commentCount: 0, tippedAmountCount: 0 },
  creator: { username: 'example_creator', image: null },
  tags: ['anime', 'style'],
  modelVersions: [
    {
      id: 234567,
      index: 0,
      name: 'v1',
      baseModel: 'SDXL 1.0',
      baseModelType: 'Standard',
      createdAt: '2026-02-01T10:00:00.000Z',
      publishedAt: '2026-02-01T10:00:00.000Z',
      status: 'Published',
      nsfwLevel: 1,
      description: '<p>The first version.</p>',
      trainedWords: ['example'],
      stats: { downloadCount: 1, thumbsUpCount: 1, thumbsDownCount: 0 },
      files: [
        {
          id: 345678,
          sizeKB: 147570.041015625,
          name: 'exampleModel_v1.safetensors',
          type: 'Model',
          metadata: { format: 'SafeTensor', fp: 'fp16' },
          hashes: { SHA256: '0'.repeat(64) },
          downloadUrl: 'https://civitai.com/api/download/models/234567',
          primary: true,
        },
      ],
      images: [
        {
          url: 'https://image.civitai.com/key/uuid/original=true/456789.jpeg',
          nsfwLevel: 1,
          width: 832,
          height: 1216,
          type: 'image',
        },
      ],
      downloadUrl: 'https://civitai.com/api/download/models/234567',
    },
  ],
};
