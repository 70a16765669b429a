import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { temporaryPath } from '../../src/disk/paths.js';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type ForeignKind, foreignKinds, putForeign } from '../harness/foreign-file.js';
import { runInProcess } from '../harness/in-process.js';

const args = [String(ids.anything.model), 'models', '-i', '1'];
const folder = 'models/anythingV3_fp16';
const stem = 'anythingV3_fp16-mid_66-vid_75';
const extra = `${folder}/extra_data-vid_75`;
const right = fileBytes(ids.anything.file);
const isWindows = process.platform === 'win32';
const MAX_MS = 10_000;

const target = () => sandbox.path(folder, `${stem}.ckpt`);
const documents = () => sandbox.path(extra, 'model_dict-mid_66-vid_75.json');
const documentsLock = () => `${documents()}.lock`;

/** Paths that a run uses, in which others can put something before. */
const places: Readonly<Record<string, () => string>> = {
  'the part file': () => `${target()}.part`,
  'the record': () => `${target()}.part.json`,
  'the lock': () => `${target()}.part.lock`,
  'the lock of the documents': documentsLock,
  'the temporary name of a link': () => temporaryPath(target(), target()),
  'the temporary name of the record': () => temporaryPath(`${target()}.part.json`, `${target()}.part.json`),
  'the temporary name of the metadata': () => temporaryPath(documents(), documentsLock()),
  'the temporary name of an image': () => temporaryPath(sandbox.path(extra, '517'), documentsLock()),
};

const cases = (kinds: readonly ForeignKind[]) =>
  Object.entries(places).flatMap(([name, place]) =>
    // A backup may link a lock that is alive: its heartbeat decides, as with every file.
    kinds
      .filter((kind) => !(kind === 'hard link' && name.startsWith('the lock')))
      .map((kind) => [kind, name, place] as const),
  );

/** Names of the folder of a model that others did not put there. */
async function names(): Promise<string[]> {
  return (await sandbox.tree()).map((name) => name.split('/').at(-1) ?? '');
}

describe.skipIf(isWindows)('Others can put something in the place of a file:', () => {
  it.each(cases(foreignKinds.filter((kind) => kind !== 'folder')))(
    'a %s in that of %s is neither followed nor waited for',
    async (kind, _name, place) => {
      const path = place();
      const victim = await putForeign(kind, path, sandbox.path('victim', 'file'));
      const { status, stderr } = await runInProcess(args, sandbox);
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      expect(victim.isUntouched()).toBe(true);
      expect(await readdir(sandbox.path('victim'))).toEqual(['file']);
      expect((await sandbox.read(`${folder}/${stem}.ckpt`)).equals(right)).toBe(true);
      expect((await names()).filter((name) => /\.(part|lock|tmp)|part\.json$/.test(name))).toEqual([]);
      expect((await names()).length).toBe(5);
    },
    MAX_MS,
  );

  it.each(cases(['folder']))(
    'a %s in that of %s stays, and is told if it is in the way',
    async (_kind, _name, place) => {
      const path = place();
      await mkdir(join(path, 'full'), { recursive: true });
      const { status, stderr } = await runInProcess(args, sandbox);
      if (status !== 0) {
        expect(status).toBe(1);
        expect(stderr).toMatch(/: it is a folder\.\n/);
      } else {
        expect((await sandbox.read(`${folder}/${stem}.ckpt`)).equals(right)).toBe(true);
      }
      expect(await readdir(path)).toEqual(['full']);
    },
    MAX_MS,
  );

  it.each<ForeignKind>(['link to a device', 'FIFO', 'socket'])(
    'a %s in that of the metadata is replaced',
    async (kind) => {
      await putForeign(kind, documents(), sandbox.path('victim', 'file'));
      expect(await runInProcess(args, sandbox)).toMatchObject({ status: 0 });
      expect(JSON.parse(String(await sandbox.read(`${extra}/model_dict-mid_66-vid_75.json`)))).toMatchObject({
        id: ids.anything.model,
      });
    },
    MAX_MS,
  );

  it.each<ForeignKind>(['link to a device', 'FIFO', 'socket', 'broken link', 'link'])(
    'a %s in that of the index is not used, which is only a warning',
    async (kind) => {
      await runInProcess(args, sandbox);
      const [name = ''] = await sandbox.tree('cache/index-1');
      await sandbox.clear();
      await putForeign(kind, sandbox.path('cache/index-1', name), sandbox.path('victim', 'file'));
      const { status, stderr } = await runInProcess(args, sandbox);
      expect(status).toBe(0);
      expect(stderr).toContain('The index of downloaded files is unavailable.');
    },
    MAX_MS,
  );
});

it('A folder in the place of the part file is told before the first byte', async () => {
  await mkdir(sandbox.path(folder, `${stem}.ckpt.part`), { recursive: true });
  const { status, stderr } = await runInProcess(args, sandbox);
  expect(status).toBe(1);
  expect(stderr).toMatch(/66: Cannot write \S+\.ckpt\.part: it is a folder\.\n {2}Check the path/);
  expect(civitai.requestsTo('storage')).toEqual([]);
});
