import { chmod, readdir, stat } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { configPaths } from '../../src/config/config.js';
import { findTrashedKeys, removeTrashedKeys } from '../../src/config/trash.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

const key = '0123456789abcdef0123456789abcdef';
const paths = () => configPaths(sandbox.path('config'));
const trashed = (folder: string) => `config/trash/${folder}/config.json`;
const store = (folder: string, content: string) => sandbox.write(trashed(folder), content);
const read = async (folder: string) => (await sandbox.read(trashed(folder))).toString();

describe('the API key of a configuration in the trash', () => {
  it.each([
    {
      name: 'of this version',
      before: JSON.stringify({ version: 2, apiKey: key, defaults: { maxImages: 7 }, aliases: {} }),
      after: { version: 2, defaults: { maxImages: 7 }, aliases: {} },
    },
    {
      name: 'of a newer version',
      before: JSON.stringify({ version: 99, apiKey: key, later: [1, null] }),
      after: { version: 99, later: [1, null] },
    },
    {
      name: 'with a byte order mark',
      before: `\ufeff${JSON.stringify({ version: 2, apiKey: key })}`,
      after: { version: 2 },
    },
    {
      name: 'of the Python civitdl',
      before: JSON.stringify({ version: '2.0.0', default: { api_key: key, max_images: 3 } }),
      after: { version: '2.0.0', default: { max_images: 3 } },
    },
  ])('$name is removed, and nothing else', async ({ before, after }) => {
    await store('one', before);
    await removeTrashedKeys(findTrashedKeys(paths()));
    expect(JSON.parse(await read('one'))).toEqual(after);
    expect(findTrashedKeys(paths())).toEqual([]);
  });

  it.each([
    `{"version": 2, "apiKey": "${key}", "defaults": {`,
    `{"version": 2, "apiKey": "${key}`,
    `{version: 2, apiKey: '${key}', defaults: {}}`,
    `{"apiKey": ${key}}`,
  ])('is removed from invalid JSON: %s', async (text) => {
    await store('one', text);
    const found = findTrashedKeys(paths());
    expect(found).toEqual([sandbox.path(trashed('one'))]);
    await removeTrashedKeys(found);
    expect(await read('one')).not.toContain(key.slice(0, 8));
    expect(findTrashedKeys(paths())).toEqual([]);
  });

  it.each([
    '',
    '{"version": 2}',
    '{"apiKey": ""}',
    '{"default": {"api_key": ""}}',
    '[]',
    'null',
    '{"apiKey": "",',
  ])('is not found in %s', async (text) => {
    await store('one', text);
    expect(findTrashedKeys(paths())).toEqual([]);
  });

  it('is removed as a whole, with the same permissions, and leaves no other files', async () => {
    await store('one', JSON.stringify({ apiKey: key }));
    await store('two', JSON.stringify({ version: 2 }));
    await chmod(sandbox.path(trashed('one')), 0o600);
    const found = findTrashedKeys(paths());
    expect(found).toEqual([sandbox.path(trashed('one'))]);
    await removeTrashedKeys(found);
    expect((await stat(sandbox.path(trashed('one')))).mode & 0o777).toBe(0o600);
    expect(await readdir(sandbox.path('config/trash/one'))).toEqual(['config.json']);
  });

  it('is found next to files that are no settings', async () => {
    await sandbox.write('config/trash/.DS_Store', '');
    await sandbox.write('config/trash/empty/sorters/a.js', '');
    await store('one', JSON.stringify({ apiKey: key }));
    expect(findTrashedKeys(paths())).toHaveLength(1);
  });

  it('needs no trash folder', () => {
    expect(findTrashedKeys(paths())).toEqual([]);
  });
});
