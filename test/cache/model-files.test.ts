import { symlink } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { findModelFiles, readListedSha256, withoutExtension } from '../../src/cache/model-files.js';
import { fingerprint } from '../../src/disk/fingerprint.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

const { signal } = new AbortController();
const unreadable = () => expect.unreachable('All folders can be read.');

describe('the model files of a folder', () => {
  it('are found by their names', async () => {
    const models = ['a.safetensors', 'b.CKPT', 'deep/er/c.gguf', 'd-mid_1-vid_2.zip', 'e-mid_1-vid_2-fid_3'];
    const others = ['a.csv', 'a.json', 'b.txt', '.hidden.pt', 'c.ckpt.part', 'c.ckpt.part.json', 'x.lock'];
    const metadata = ['extra_data-vid_2/model_dict-mid_1-vid_2.json'];
    for (const name of [...models, ...others, ...metadata]) await sandbox.write(`models/${name}`, 'bytes');
    const found = await findModelFiles(sandbox.path('models'), signal, unreadable);
    expect(found.map(({ path }) => path).sort()).toEqual(
      models.map((name) => sandbox.path('models', name)).sort(),
    );
    for (const { path, state } of found) expect(state).toEqual(fingerprint(path));
  });

  it('are found behind links to files, but not to folders', async () => {
    const file = await sandbox.write('elsewhere/a.ckpt', 'bytes');
    await sandbox.write('models/b.ckpt', 'bytes');
    await symlink(file, sandbox.path('models/link.ckpt'));
    await symlink(sandbox.path('elsewhere'), sandbox.path('models/folder'));
    await symlink(sandbox.path('missing'), sandbox.path('models/broken.ckpt'));
    const found = await findModelFiles(sandbox.path('models'), signal, unreadable);
    const names = ['b.ckpt', 'link.ckpt'];
    expect(found.map(({ path }) => path).sort()).toEqual(names.map((name) => sandbox.path('models', name)));
  });

  it('need a folder that can be read', async () => {
    await expect(findModelFiles(sandbox.path('none'), signal, unreadable)).rejects.toThrow(
      `Cannot read ${sandbox.path('none')}: file or folder not found.`,
    );
    const reason = new Error('interrupted');
    await expect(findModelFiles(sandbox.dir, AbortSignal.abort(reason), unreadable)).rejects.toBe(reason);
  });
});

describe('a list of hashes', () => {
  const sha256 = 'ab'.repeat(32);

  it('is next to the model file', async () => {
    const list = await sandbox.write('a.v1.csv', `hash_name, hash_id\nAutoV2, 0123\nSHA256, ${sha256}\n`);
    const listed = { list, sha256: sha256.toUpperCase() };
    expect(readListedSha256(sandbox.path('a.v1.safetensors'))).toEqual(listed);
    expect(withoutExtension(sandbox.path('a.v1.safetensors'))).toBe(sandbox.path('a.v1'));
  });

  it.each([
    ['missing', undefined],
    ['without a SHA256', 'AutoV2, 0123\n'],
    ['with a hash of another length', `SHA256, ${sha256}ab\n`],
    ['too long', `SHA256, ${sha256}\n${' '.repeat(65_536)}`],
  ])('may be %s', async (_what, content) => {
    if (content !== undefined) await sandbox.write('a.csv', content);
    expect(readListedSha256(sandbox.path('a.ckpt'))).toBeUndefined();
  });
});

/** All names that applications, other tools and this one write next to a model. */
const besides = [
  ...['.json', '.civitai.info', '.metadata.json', '.cm-info.json', '.swarm.json', '.sha256', '.md', '.txt'],
  ...['.preview.png', '.preview.jpeg', '.preview.mp4', '.jpg', '.jpeg', '.png', '.webp', '.gif', '.mp4'],
  ...['.webm', '.thumb.jpg', '.avif', '.jxl', '.csv', '.safetensors.rgthree-info.json'],
  ...['.safetensors.part', '.safetensors.part.json', '.safetensors.part.lock'],
];

describe.each(['copperLantern_v20', 'copperLantern_v20-mid_7-vid_8', '4x-mid_7-vid_8-fid_9'])(
  'next to the model %s',
  (stem) => {
    it.each(besides)('X%s is no model', async (suffix) => {
      await sandbox.write(`models/${stem}.safetensors`, '');
      await sandbox.write(`models/${stem}${suffix}`, '');
      const found = await findModelFiles(sandbox.path('models'), signal, unreadable);
      expect(found.map(({ path }) => path)).toEqual([sandbox.path('models', `${stem}.safetensors`)]);
    });
  },
);

it.each(['a-mid_7-vid_8.jpg', 'a-mid_7-vid_8.sha256', 'a-mid_7-vid_8.md', 'a-mid_7-vid_8.json'])(
  '%s is no model, even if its model is gone',
  async (name) => {
    await sandbox.write(`models/${name}`, '{"modelId":7,"modelVersionId": 8}');
    expect(await findModelFiles(sandbox.path('models'), signal, unreadable)).toEqual([]);
  },
);

it.each(['wf-mid_7-vid_8.json', 'wild-mid_7-vid_8.txt', 'poses-mid_7-vid_8.zip', 'config-mid_7-vid_8.yaml'])(
  '%s is a downloaded file, as it is next to no model',
  async (name) => {
    await sandbox.write(`models/${name}`, '');
    const found = await findModelFiles(sandbox.path('models'), signal, unreadable);
    expect(found.map(({ path }) => path)).toEqual([sandbox.path('models', name)]);
  },
);
