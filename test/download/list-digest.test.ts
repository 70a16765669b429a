import { expect, it } from 'vitest';
import type { ApiJson } from '../../src/civitai/model.js';
import { schemas } from '../../src/civitai/schema.js';
import { listDigest } from '../../src/download/list-digest.js';

type Json = Record<string, unknown>;

const file = {
  id: 5,
  name: 'a.safetensors',
  type: 'Model',
  hashes: { SHA256: 'A'.repeat(64) },
  primary: true,
};
const version = {
  id: 3,
  name: 'v1',
  baseModel: 'Pony',
  files: [file],
  images: [],
  stats: { downloadCount: 1 },
};
const model = {
  id: 2,
  name: 'Ink',
  type: 'LORA',
  tags: ['ink'],
  stats: { downloadCount: 5, thumbsUpCount: 3 },
  modelVersions: [version, { id: 4, name: 'v0', files: [] }],
};

/** Returns the digest of the first version. */
function digest(given: Json = {}, ofVersion: Json = {}): string {
  const item: Json = {
    ...model,
    modelVersions: [{ ...version, ...ofVersion }, model.modelVersions[1]],
    ...given,
  };
  const [read] = schemas.modelsPage.parse({ items: [item] }).items;
  const [first] = read?.versions ?? [];
  if (!read || !first) throw new Error('Not readable.');
  return listDigest(read, first);
}

const reversed = (json: ApiJson) => Object.fromEntries(Object.entries(json).reverse());

it.each<readonly [what: string, given: Json, ofVersion: Json]>([
  ['the counts of the model', { stats: { downloadCount: 6 } }, {}],
  ['the counts of the version', {}, { stats: { downloadCount: 2 } }],
  ['missing counts', { stats: undefined }, { stats: null }],
  ['the other versions', { modelVersions: [version] }, {}],
  ['the order of keys', {}, { files: [reversed(file)] }],
  ['empty values of a version', {}, { trainedWords: [], description: null }],
])('a digest does not depend on %s', (_what, given, ofVersion) => {
  expect(digest(given, ofVersion)).toBe(digest());
});

it.each<readonly [what: string, given: Json, ofVersion: Json]>([
  ['the name of the model', { name: 'Ink 2' }, {}],
  ['the tags', { tags: ['ink', 'style'] }, {}],
  ['the description', { description: '<p>New</p>' }, {}],
  ['the name of the version', {}, { name: 'v1.1' }],
  ['the trained words', {}, { trainedWords: ['ink'] }],
  ['a hash', {}, { files: [{ ...file, hashes: { SHA256: 'B'.repeat(64) } }] }],
  ['a file', {}, { files: [file, { ...file, id: 6 }] }],
  ['a scan', {}, { files: [{ ...file, pickleScanResult: 'Danger' }] }],
  ['an image', {}, { images: [{ url: 'https://image.civitai.com/a/b/c.jpeg', nsfwLevel: 1 }] }],
])('a digest depends on %s', (_what, given, ofVersion) => {
  expect(digest(given, ofVersion)).not.toBe(digest());
});
