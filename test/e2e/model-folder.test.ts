import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { Route } from '../fake-civitai/civitai.js';
import { fileBytes, fileHash, imageBytes } from '../harness/catalog-bytes.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const { model, version, file } = ids.anything;
const folder = 'anythingV3_fp16';
const extra = `${folder}/extra_data-vid_75`;
const modelFile = `${folder}/anythingV3_fp16-mid_66-vid_75.ckpt`;
const hashList = `${folder}/anythingV3_fp16-mid_66-vid_75.csv`;
const metadata = `${extra}/model_dict-mid_66-vid_75.json`;

const asked = (route: Route) => civitai.requestsTo(route);
const read = (name: string) => sandbox.read(`models/${name}`);
const readText = async (name: string) => (await read(name)).toString('utf8');
const isRight = async (name: string, right: Buffer) => (await read(name)).equals(right);
const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Returns an answer of the API. */
async function api(path: string): Promise<{ [key: string]: unknown }> {
  const answer = await fetch(`${civitai.url}/api/v1${path}`);
  return (await answer.json()) as { [key: string]: unknown };
}

/** Returns the images of a version as its model lists them, with the generation data of the version route. */
async function images(modelId: number, versionId: number) {
  const { modelVersions } = await api(`/models/${modelId}`);
  const listed = (modelVersions as { id: number; images: object[] }[]).find(({ id }) => id === versionId);
  const own = (await api(`/model-versions/${versionId}`)).images as { meta: unknown }[];
  return (listed?.images ?? []).map((image, index) => ({ ...image, meta: own[index]?.meta }));
}

describe('a model with two images and a video', () => {
  it('becomes a folder that every user of the documented tool knows, in one request per file', async () => {
    const { status, stdout, stderr } = await run('civitdl', [String(model), 'models'], sandbox);
    expect(status).toBe(0);
    expect(stdout).toBe(`${sandbox.path('models', modelFile)}\n`);
    expect(await sandbox.tree()).toEqual([
      modelFile,
      hashList,
      `${extra}/517-prompt.json`,
      `${extra}/517.jpeg`,
      `${extra}/518-prompt.json`,
      `${extra}/518.png`,
      `${extra}/519-prompt.json`,
      `${extra}/519.mp4`,
      metadata,
    ]);
    expect(await isRight(modelFile, fileBytes(file))).toBe(true);
    for (const name of ['517.jpeg', '518.png', '519.mp4']) {
      expect(await isRight(`${extra}/${name}`, imageBytes(Number.parseInt(name, 10))), name).toBe(true);
    }
    expect(stderr).toContain('SHA256 verified');
    expect(stderr).toContain('3 images downloaded');

    expect(asked('download').map(({ url }) => url)).toEqual([
      `${civitai.url}/api/download/models/${version}?fileId=${file}`,
    ]);
    expect(asked('storage')).toHaveLength(1);
    expect(asked('image')).toHaveLength(3);
    expect(civitai.requests.map(({ method }) => method)).not.toContain('HEAD');
    for (const { headers, url } of civitai.requests) {
      expect(headers['user-agent'], url).toMatch(/^civitdl\/\d+\.\d+\.\d+/);
      expect(headers['user-agent'], url).not.toMatch(/mozilla|chrome|safari|firefox|opera|edge/i);
      expect(headers['accept-encoding'], url).toBe('identity');
    }
  });

  it('has the hashes, the answer of the API and the generation data in their files, byte for byte', async () => {
    expect(await runInProcess([String(model), 'models'], sandbox)).toMatchObject({ status: 0 });
    const types = ['AutoV1', 'AutoV2', 'SHA256', 'CRC32'] as const;
    expect(await readText(hashList)).toBe(
      ['hash_name, hash_id', ...types.map((type) => `${type}, ${fileHash(file, type)}`), ''].join('\n'),
    );
    expect(await readText(metadata)).toBe(pretty(await api(`/models/${model}`)));
    const entries = await images(model, version);
    expect(entries).toHaveLength(3);
    for (const [index, entry] of entries.entries()) {
      expect(entry.meta, `image ${index}`).toMatchObject({ prompt: expect.any(String) });
      expect(await readText(`${extra}/${517 + index}-prompt.json`)).toBe(pretty(entry));
    }
  });

  it('is left alone by the next run, but for its metadata, which is written anew', async () => {
    await runInProcess([String(model), 'models'], sandbox);
    const tree = await sandbox.tree();
    await sandbox.write(`models/${metadata}`, 'old');
    await sandbox.write(`models/${hashList}`, 'old');
    civitai.reset();
    const { status, stderr } = await runInProcess([String(model), 'models'], sandbox);
    expect(status).toBe(0);
    expect(stderr).toMatch(/already downloaded, SHA256 verified on [\d-]{10}, unchanged since/);
    expect(stderr).toContain('3 images already downloaded');
    expect([asked('download'), asked('storage'), asked('image')]).toEqual([[], [], []]);
    expect(await sandbox.tree()).toEqual(tree);
    expect(await readText(metadata)).toBe(pretty(await api(`/models/${model}`)));
    expect(await readText(hashList)).toContain(fileHash(file, 'SHA256'));
  });
});

describe('what is on disk already', () => {
  const other = Buffer.alloc(1000, 'other');

  it.each([
    ['has other bytes is replaced, and a line says so', [], 1],
    ['has other bytes is trusted where strict mode is off', ['--strict-mode', '0'], 0],
  ] as const)('and %s', async (_what, args, requests) => {
    await sandbox.write(`models/${modelFile}`, other);
    const { status, stderr } = await runInProcess([String(model), 'models', '-i', '0', ...args], sandbox);
    expect(status).toBe(0);
    expect(asked('download')).toHaveLength(requests);
    expect(stderr).toContain(
      requests === 1 ? 'downloaded, replacing the existing file' : 'already downloaded, not verified',
    );
    expect(await isRight(modelFile, requests === 1 ? fileBytes(file) : other)).toBe(true);
  });

  it('and is right is fetched once more with --model-overwrite', async () => {
    await sandbox.write(`models/${modelFile}`, fileBytes(file));
    expect(
      await runInProcess([String(model), 'models', '-i', '0', '--model-overwrite'], sandbox),
    ).toMatchObject({
      status: 0,
    });
    expect(asked('storage')).toHaveLength(1);
    expect(await isRight(modelFile, fileBytes(file))).toBe(true);
  });
});

describe('less than everything', () => {
  const few = [metadata, hashList].sort();
  it.each<readonly [what: string, args: readonly string[], tree: readonly string[]]>([
    ['without images', ['-i', '0'], [modelFile, ...few]],
    ['with one image', ['-i', '1'], [modelFile, ...few, `${extra}/517-prompt.json`, `${extra}/517.jpeg`]],
    [
      'without generation data',
      ['--no-with-prompt'],
      [modelFile, ...few, `${extra}/517.jpeg`, `${extra}/518.png`, `${extra}/519.mp4`],
    ],
    ['without the model file', ['--without-model', '-i', '0'], few],
  ])('is on disk %s', async (_what, args, tree) => {
    const { status } = await runInProcess([String(model), 'models', ...args], sandbox);
    expect(status).toBe(0);
    expect(await sandbox.tree()).toEqual([...tree].sort());
    expect(asked('download')).toHaveLength(tree.includes(modelFile) ? 1 : 0);
    expect(asked('image')).toHaveLength(tree.filter((name) => /\.(jpeg|png|mp4)$/.test(name)).length);
  });
});

it('An image without generation data has a JSON without it, and that is no reason for a warning', async () => {
  const { model: id, version: versionId } = ids.mainExample;
  const env = { CIVITAI_API_KEY: civitai.goodKey };
  const { status, stderr } = await runInProcess([String(id), 'models', '-i', '4'], sandbox, { env });
  expect(status).toBe(0);
  expect(stderr).not.toContain('warning');
  const json = await readText(`Paper Lantern Ink/extra_data-vid_${versionId}/3001980-prompt.json`);
  expect(JSON.parse(json)).toMatchObject({ url: expect.stringContaining('3001980'), hasMeta: false });
  expect(JSON.parse(json)).not.toHaveProperty('meta');
});

it.each([
  ['has no checksum at all', ids.unscanned, 'verified by size only: the server has no checksum'],
  ['has a CRC32 only', ids.onlyCrc32, 'CRC32 verified'],
])('A file that %s is checked by what there is, and that is said', async (_what, { model: id }, says) => {
  const { status, stderr } = await runInProcess([String(id), 'models'], sandbox);
  expect(status).toBe(0);
  expect(stderr).toContain(says);
  expect(/\d+ files? verified by size only/.test(stderr)).toBe(id === ids.unscanned.model);
});
