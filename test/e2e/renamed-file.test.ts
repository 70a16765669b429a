import { rename, rm, stat } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes, fileHash } from '../harness/catalog-bytes.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const { model, version, file } = ids.anything;
const folder = 'models/anythingV3_fp16';
const old = 'anything_old-mid_66-vid_75';
const bytes = fileBytes(file);
const list = (sha256: string) => `hash_name, hash_id\nSHA256, ${sha256}\n`;
const sha256 = fileHash(file, 'SHA256');

const download = (...args: readonly string[]) =>
  runInProcess([String(model), 'models', '-i', '0', ...args], sandbox);
const names = async () => (await sandbox.tree(folder)).filter((name) => !name.includes('/'));
const transfers = () => civitai.requestsTo('storage').length;

describe('a file that Civitai has renamed', () => {
  it.each<readonly [what: string, name: string, csv: string | undefined]>([
    ['with its list of hashes', `${old}.ckpt`, list(sha256)],
    ['without a list', `${old}.ckpt`, undefined],
    ['with a list without SHA256', `${old}.ckpt`, 'hash_name, hash_id\nAutoV1, AB\n'],
    ['with another extension', `${old}.safetensors`, list(sha256)],
    ['with the id of its file', `${old}-fid_90.ckpt`, list(sha256)],
    ['without an extension', old, undefined],
  ])('is not downloaded again: %s', async (_what, name, csv) => {
    await sandbox.write(`${folder}/${name}`, bytes);
    const listName = `${name.replace(/\.\w+$/, '')}.csv`;
    if (csv) await sandbox.write(`${folder}/${listName}`, csv);
    const before = await stat(sandbox.path(folder, name));
    for (const _run of [1, 2]) {
      const { status, stdout, stderr } = await download();
      expect(status).toBe(0);
      expect(stdout).toBe(`${sandbox.path(folder, name)}\n`);
      expect(stderr).toContain('already downloaded, SHA256 verified');
      expect(await names()).toEqual([name, listName].sort());
    }
    expect(await stat(sandbox.path(folder, name))).toMatchObject({
      ino: before.ino,
      mtimeMs: before.mtimeMs,
    });
    expect(String(await sandbox.read(`${folder}/${listName}`))).toContain(`SHA256, ${sha256}`);
    expect(transfers()).toBe(0);
  });

  it.each<readonly [what: string, name: string, content: Buffer, csv: string | undefined]>([
    ['other bytes', `${old}.ckpt`, Buffer.alloc(bytes.length, 'x'), undefined],
    ['another SHA256 in its list', `${old}.ckpt`, bytes, list('A'.repeat(64))],
    ['the id of another version', 'anything_old-mid_66-vid_76.ckpt', bytes, undefined],
    ['the id of another version that begins alike', 'anything_old-mid_66-vid_750.ckpt', bytes, undefined],
    ['no ids in its name', 'anything_old.ckpt', bytes, undefined],
    ['the name of a part file', `${old}.ckpt.part`, bytes, undefined],
  ])('is no file with %s', async (_what, name, content, csv) => {
    await sandbox.write(`${folder}/${name}`, content);
    if (csv) await sandbox.write(`${folder}/${old}.csv`, csv);
    const { status, stdout } = await download();
    expect(status).toBe(0);
    expect(stdout).toContain('/anythingV3_fp16-mid_66-vid_75.ckpt');
    expect(await names()).toContain('anythingV3_fp16-mid_66-vid_75.ckpt');
    expect((await sandbox.read(`${folder}/${name}`)).equals(content)).toBe(true);
  });

  it('is known from the index, after its name changed on Civitai', async () => {
    await download();
    const own = sandbox.path(folder, 'anythingV3_fp16-mid_66-vid_75');
    await rename(`${own}.ckpt`, sandbox.path(folder, `${old}.ckpt`));
    await rm(`${own}.csv`);
    civitai.reset();
    for (const _run of [1, 2]) {
      const { status, stderr } = await download();
      expect(status).toBe(0);
      expect(stderr).toContain('already downloaded, SHA256 verified on');
    }
    expect(await names()).toEqual([`${old}.ckpt`, `${old}.csv`]);
    expect(transfers()).toBe(0);
  });

  it('is planned under its name', async () => {
    await sandbox.write(`${folder}/${old}.ckpt`, bytes);
    await sandbox.write(`${folder}/${old}.csv`, list(sha256));
    const { stdout } = await download('--dry-run', '--json');
    expect(stdout).toContain(`"path":"${sandbox.path(folder, `${old}.ckpt`)}"`);
    expect(stdout).toContain('"from":"unchecked"');
  });

  it('is replaced under its name if its bytes are no longer those of its list', async () => {
    await sandbox.write(`${folder}/${old}.ckpt`, Buffer.alloc(bytes.length, 'x'));
    await sandbox.write(`${folder}/${old}.csv`, list(sha256));
    const { status, stderr } = await download();
    expect(status).toBe(0);
    expect(stderr).toContain('replacing the existing file');
    expect((await sandbox.read(`${folder}/${old}.ckpt`)).equals(bytes)).toBe(true);
    expect(await names()).toEqual([`${old}.ckpt`, `${old}.csv`]);
    expect(version).toBe(75);
  });
});
