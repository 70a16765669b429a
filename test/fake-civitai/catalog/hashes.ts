import type { HashType } from '../content/checksums.js';
import { file, model, plainVersion } from './build.js';
import type { CatalogFile, CatalogModel } from './entry.js';
import { ids } from './ids.js';

/** Models whose hashes are missing, wrong or shared. */
export const hashModels: readonly CatalogModel[] = [
  model({
    id: ids.unscanned.model,
    name: 'Unscanned',
    versions: [plainVersion(ids.unscanned.version, { files: [hashed(ids.unscanned.file, [])] })],
  }),
  model({
    id: ids.onlyCrc32.model,
    name: 'Only CRC32',
    versions: [plainVersion(ids.onlyCrc32.version, { files: [hashed(ids.onlyCrc32.file, ['CRC32'])] })],
  }),
  model({
    id: ids.wrongSha256.model,
    name: 'Wrong SHA256',
    versions: [
      plainVersion(ids.wrongSha256.version, {
        files: [
          { ...hashed(ids.wrongSha256.file, ['SHA256']), hashOverrides: { SHA256: 'BAD0'.repeat(16) } },
        ],
      }),
    ],
  }),
  model({
    id: ids.sharedHash.model,
    name: 'Shared Hash',
    versions: [
      plainVersion(ids.sharedHash.newerVersion, { files: [shared(ids.sharedHash.newerFile)] }),
      plainVersion(ids.sharedHash.olderVersion, { files: [shared(ids.sharedHash.olderFile)] }),
    ],
  }),
];

function hashed(id: number, hashes: readonly HashType[]): CatalogFile {
  return file({ id, name: `hashes_${id}.safetensors`, hashes });
}

function shared(id: number): CatalogFile {
  return { ...hashed(id, ['SHA256']), seed: 1, size: 120_000 };
}
