import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { Route } from '../fake-civitai/civitai.js';
import { fileBytes, fileHash } from '../harness/catalog-bytes.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

// biome-ignore lint/suspicious/noExplicitAny: the answers have any shape
type Json = any;

const { model, version } = ids.anything;
const paths: Partial<Record<Route, string>> = {
  model: `/api/v1/models/${model}`,
  version: `/api/v1/model-versions/${version}`,
  'by-hash': `/api/v1/model-versions/${version}`,
};

/** Makes a route send its answer with a change. */
async function spoil(route: Route, change: (json: Json) => void, path = paths[route]): Promise<void> {
  const json = await (await fetch(`${civitai.url}${path}`)).json();
  civitai.reset();
  change(json);
  civitai.fault({ on: route, kind: 'json', value: json, times: Infinity });
}

const download = (...args: readonly string[]) =>
  runInProcess([...args, 'models', '--pause-time', '0'], sandbox);
const target = 'anythingV3_fp16-mid_66-vid_75.ckpt';

describe('an odd element is left out, and only --verbose tells it', () => {
  it.each<readonly [what: string, route: Route, change: (json: Json) => void, told: string]>([
    [
      'an image without a URL',
      'model',
      (json) => {
        json.modelVersions[0].images[0].url = null;
      },
      'Model 66: left out modelVersions.0.images.0.url',
    ],
    [
      'an image that is null',
      'model',
      (json) => json.modelVersions[0].images.push(null),
      'Model 66: left out modelVersions.0.images.3',
    ],
    ['a tag that is null', 'model', (json) => json.tags.push(null), 'Model 66: left out tags.3'],
    [
      'an image of a version that nobody wants',
      'model',
      (json) => json.modelVersions.push({ id: 76, name: 'v', images: [{ url: 'x' }] }),
      'Model 66: left out modelVersions.1.images.0.url',
    ],
    [
      'a version that nobody wants',
      'model',
      (json) => json.modelVersions.push(null),
      'Model 66: left out modelVersions.1',
    ],
    [
      'a file that nobody wants',
      'model',
      (json) => json.modelVersions[0].files.push({ id: 9 }),
      'Model 66: left out modelVersions.0.files.1.name',
    ],
    [
      'a hash that is a number',
      'model',
      (json) => {
        json.modelVersions[0].files[0].hashes.AutoV1 = 5;
      },
      'Model 66: left out modelVersions.0.files.0.hashes.AutoV1',
    ],
    [
      'a creator that is a text',
      'model',
      (json) => {
        json.creator = 'Yuno779';
      },
      'Model 66: left out creator',
    ],
    [
      'images that are no list',
      'version',
      (json) => {
        json.images = 'none';
      },
      'Model version 75: left out images',
    ],
    [
      'a file that is a number',
      'version',
      (json) => json.files.push(5),
      'Model version 75: left out files.1',
    ],
  ])('%s', async (_what, route, change, told) => {
    await spoil(route, change);
    const { status, stdout, stderr } = await download(String(model), '--verbose');
    expect(status).toBe(0);
    expect(stdout).toContain(target);
    expect(stderr).toContain(told);

    const quiet = await download(String(model));
    expect(quiet.status).toBe(0);
    expect(quiet.stderr).not.toMatch(/left out|warning/);
  });

  it('in a list of models, element by element', async () => {
    const [first, second] = ids.batch.models;
    const change = (json: Json) => {
      json.items[0].modelVersions[0].images.push({ url: null });
      json.items.push(null, { id: 'x' });
    };
    await spoil('models', change, `/api/v1/models?ids=${first},${second}&nsfw=true`);
    const { status, stderr } = await download(String(first), String(second), '--verbose');
    expect(status).toBe(0);
    expect(civitai.requestsTo('model')).toHaveLength(0);
    expect(stderr).toContain('A list of 2 models: left out items.0.modelVersions.0.images.1.url');
    expect(stderr).toContain('A list of 2 models: left out items.2');
  });

  it('in the images of a version', async () => {
    const { model: id, version: versionId } = ids.manyImages;
    const path = `/api/v1/images?modelVersionId=${versionId}&withMeta=true`;
    await spoil('images-list', (json) => json.items.unshift(null, { url: 5 }), path);
    const { status, stderr } = await download(String(id), '-i', '12', '--verbose');
    expect(status).toBe(0);
    expect(stderr).toContain(`Images of model version ${versionId}: left out items.0`);
    const prompt = await sandbox.read(`models/Many Images/extra_data-vid_${versionId}/4000312-prompt.json`);
    expect(JSON.parse(String(prompt))).toHaveProperty('meta');
  });

  it.each([{ id: 4242, username: null }, { username: ['x'] }, {}])(
    'in the account of a new key: %j',
    async (account) => {
      civitai.fault({ on: 'me', kind: 'json', value: account });
      const input = `${civitai.goodKey}\n`;
      const options = { command: 'civitconfig', input } as const;
      const { status, stderr } = await runInProcess(['default', '-k'], sandbox, options);
      expect(status).toBe(0);
      expect(stderr).toContain('The API key is valid.');
    },
  );
});

it('an odd owner of a file is left out of a scan', async () => {
  await sandbox.write('models/unknown.ckpt', fileBytes(ids.anything.file));
  const hash = fileHash(ids.anything.file, 'SHA256');
  const owner = { modelId: model, modelVersionId: version, hash };
  civitai.fault({ on: 'owners', kind: 'json', value: [null, { ...owner, hash: 5 }, 'x', owner] });
  const args = ['cache', '--scan', sandbox.path('models'), '--json', '--verbose'];
  const { status, stdout, stderr } = await run('civitconfig', args, sandbox);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ unknown: [] });
  expect(stderr).toContain('The owners of files: left out 1.hash');
});

describe('what is needed is an error, if it is missing', () => {
  it.each<readonly [what: string, route: Route, change: (json: Json) => void, status: number, says: string]>([
    [
      'the name of a model',
      'model',
      (json) => {
        json.name = null;
      },
      5,
      'Model 66: 127.0.0.1',
    ],
    [
      'the id of a model',
      'model',
      (json) => {
        json.id = '66';
      },
      5,
      'sent an invalid response at id',
    ],
    [
      'the versions of a model',
      'model',
      (json) => {
        json.modelVersions = 'none';
      },
      4,
      'Model 66 has no versions to download.',
    ],
    [
      'the id of its only version',
      'model',
      (json) => {
        json.modelVersions[0].id = null;
      },
      4,
      "Version fp16 of model 66 has no valid id in Civitai's response.",
    ],
    [
      'the name of its only file',
      'model',
      (json) => {
        json.modelVersions[0].files[0].name = 5;
      },
      4,
      "File 90 of model version 75 has no valid name in Civitai's response.",
    ],
    [
      'the id of its only file',
      'model',
      (json) => {
        json.modelVersions[0].files[0].id = null;
      },
      4,
      "File anythingV3_fp16.ckpt of model version 75 has no valid id in Civitai's response.",
    ],
  ])('%s', async (_what, route, change, status, says) => {
    await spoil(route, change);
    // Nothing makes up for what is missing.
    civitai.fault({ on: 'version', kind: 'status', status: 404, times: Infinity });
    const ended = await download(String(model));
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(says);
    expect(await sandbox.tree()).toEqual([]);
  });

  it('but the version makes up for the name of a file in the answer of its model', async () => {
    await spoil('model', (json) => {
      json.modelVersions[0].files[0].name = null;
    });
    const { status, stdout } = await download(String(model));
    expect(status).toBe(0);
    expect(stdout).toContain(target);
  });

  it('of the first version is a reason for the next one', async () => {
    const { model: id, version: first, olderVersion } = ids.mainExample;
    await spoil(
      'model',
      (json) => {
        json.modelVersions[0].files[0].id = null;
      },
      `/api/v1/models/${id}`,
    );
    civitai.fault({ on: 'version', kind: 'status', status: 404, times: 1 });
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const { status, stdout, stderr } = await runInProcess([String(id), 'models'], sandbox, { env });
    expect(status).toBe(0);
    expect(stderr).toContain(
      `version skipped: File PaperLanternInk-v2.safetensors of model version ${first} has no valid id`,
    );
    expect(stdout).toContain(`vid_${olderVersion}`);
  });

  it('of one file leaves the others, with --all-files', async () => {
    await spoil('model', (json) => json.modelVersions[0].files.push({ id: 9, type: 'Config' }));
    const { status, stderr } = await download(String(model), '--all-files');
    expect(status).toBe(0);
    expect(stderr).toContain(
      "warning: File 9 of model version 75 has no valid name in Civitai's response. Continuing",
    );
  });
});
