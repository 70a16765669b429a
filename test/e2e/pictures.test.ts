import { truncate } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { Route } from '../fake-civitai/civitai.js';
import { fileHash } from '../harness/catalog-bytes.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { parseJsonLines } from '../harness/json-lines.js';
import { cutChunk, plainText, png, pngStart } from '../pictures/build-picture.js';

const { model, version, file } = ids.anything;
const hash = fileHash(file, 'AutoV2').toLowerCase();
const details = (more = '') => `ink\nSteps: 20, Sampler: Euler, Model hash: ${hash}, Model: anything${more}`;
const picture = (text: string) => png([plainText('parameters', text)]);

const download = (sources: readonly string[], options: readonly string[] = []) =>
  runInProcess([...sources, './models', '--pause-time', '0', '-i', '0', ...options], sandbox);

describe('a picture on the disk', () => {
  it('names the versions that it was made with', async () => {
    await sandbox.write('a.png', picture(details()));
    const { status, stdout, stderr } = await download(['a.png']);
    expect(status).toBe(0);
    expect(stderr).toContain('a.png: 1 model\n');
    expect(stdout).toContain(`-mid_${model}-vid_${version}.`);
    const counts = (['by-hash', 'model', 'version'] as const).map(
      (route) => civitai.requestsTo(route).length,
    );
    expect(counts).toEqual([1, 1, 0]);
  });

  it('of which a part is found downloads that part, and lists the rest', async () => {
    await sandbox.write('a.png', picture(details(', Lora hashes: "ghost: 0123456789ab"')));
    const { status, stdout } = await download(['./a.png'], ['--json']);
    expect(status).toBe(7);
    const lines = parseJsonLines(stdout);
    expect(lines).toContainEqual(
      expect.objectContaining({ type: 'failed', source: 'ghost', list: './a.png', isLast: true }),
    );
    expect(lines.at(-1)).toMatchObject({ type: 'summary', downloaded: 1, failed: 1 });
  });

  it('of which nothing is found says what it names', async () => {
    const nodes = {
      1: { class_type: 'VAELoader', inputs: { vae_name: 'sharp.safetensors' } },
      2: { class_type: 'VAEDecode', inputs: { vae: ['1', 0] } },
    };
    await sandbox.write('flow.json', JSON.stringify({ prompt: nodes }));
    const { status, stderr } = await download(['./flow.json'], ['--failed', 'failed.txt']);
    expect(status).toBe(4);
    expect(stderr).toContain(
      './flow.json: Cannot find sharp.safetensors on Civitai: the picture has only its name',
    );
    const failed = String(await sandbox.read('failed.txt')).split('\n');
    expect(failed.filter((line) => line && !line.startsWith('#'))).toEqual([]);
  });

  it.each<readonly [on: Route, details: string]>([
    ['by-hash', details()],
    ['owners', details(`, Hashes: {"model": "${'0'.repeat(64)}"}`)],
  ])(
    'of which nothing can be looked up fails as the server does, and is tried again: %s',
    async (on, text) => {
      await sandbox.write('a.png', picture(text));
      civitai.fault({ on: 'by-hash', kind: 'status', status: 503, times: Infinity });
      civitai.fault({ on, kind: 'status', status: 503, times: Infinity });
      const given = ['--retry-count', '0', '--failed', 'lists/failed.txt'];
      const { status, stdout, stderr } = await download(['./a.png'], [...given, '--json']);
      expect(status).toBe(5);
      expect(stderr).toContain('the server failed with status 503');
      expect(parseJsonLines(stdout)).toContainEqual(
        expect.objectContaining({ type: 'failed', source: sandbox.path('a.png'), isLast: true }),
      );
      const failed = String(await sandbox.read('lists/failed.txt')).split('\n');
      expect(failed.filter((line) => line && !line.startsWith('#'))).toEqual([sandbox.path('a.png')]);
      civitai.reset();
      expect(await download(['lists/failed.txt'])).toMatchObject({ status: 0 });
    },
  );

  it('of which only the beginning is read, can be larger than the memory', async () => {
    const beginning = pngStart(plainText('parameters', details()), cutChunk('IDAT', 0x7fffffff));
    await truncate(await sandbox.write('a.png', beginning), 3 * 1024 ** 3);
    expect((await download(['a.png'], ['-n'])).status).toBe(0);
  });

  it.each<readonly [what: string, content: Buffer | string, status: number, message: string]>([
    ['without metadata', png([]), 4, 'has no metadata of a tool that makes pictures'],
    ['that is other JSON', '{"a": 1}', 2, 'is not a workflow of ComfyUI'],
  ])('%s fails', async (_what, content, status, message) => {
    await sandbox.write('a.png', content);
    const ended = await download(['a.png']);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(message);
  });

  it('can be in a batch file, relative to its folder', async () => {
    await sandbox.write('lists/a.png', picture(details()));
    await sandbox.write('lists/batch.txt', '# mine\na.png\nmissing.png');
    const { status, stderr } = await download(['lists/batch.txt']);
    expect(status).toBe(7);
    expect(stderr).toContain(`${sandbox.path('lists/a.png')} (lists/batch.txt:2): 1 model`);
    expect(stderr).toContain('missing.png');
  });

  it('is a source before the root directory, and never the root directory', async () => {
    await sandbox.write('a.png', picture(details()));
    const { status, stderr } = await runInProcess(['66', 'a.png'], sandbox);
    expect(status).toBe(2);
    expect(stderr).toContain('a.png');
  });
});

it('an image on Civitai names versions by its metadata, too', async () => {
  const meta = { hashes: { model: hash, 'lora:ghost': '0123456789ab' } };
  const items = [{ id: 5, postId: 6, modelVersionIds: [], meta: { id: 5, meta } }];
  civitai.fault({ on: 'images-list', kind: 'json', value: { items, metadata: {} } });
  const { status, stderr } = await download(['https://civitai.com/images/5'], ['-n']);
  expect(status).toBe(4);
  expect(stderr).toContain('https://civitai.com/images/5: 1 model');
  expect(stderr).toContain('https://civitai.com/images/5: Cannot find ghost on Civitai: Civitai has no file');
});
