import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const { model, version, file } = ids.anything;
const route = `/api/download/models/${version}`;
const byId = `${route}?fileId=${file}`;
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';

/** Makes the model name another URL, or other hashes. */
async function name(change: (file: Record<string, unknown>) => void): Promise<void> {
  const json = (await (await fetch(`${civitai.url}/api/v1/models/${model}`)).json()) as {
    modelVersions: [{ files: [Record<string, unknown>] }];
  };
  civitai.reset();
  change(json.modelVersions[0].files[0]);
  civitai.fault({ on: 'model', kind: 'json', value: json, times: Infinity });
  civitai.fault({ on: 'version', kind: 'status', status: 404, times: Infinity });
}

const refuseById = () =>
  civitai.fault({
    on: 'download',
    kind: 'status',
    status: 404,
    body: '{"error":"File not found"}',
    times: Infinity,
    where: ({ query }) => query.get('fileId') === String(file),
  });

const addresses = () => civitai.requestsTo('download').map(({ url }) => url.slice(civitai.url.length));
const download = () => runInProcess([String(model), 'models', '-i', '0'], sandbox);

describe('a file that is not found by its id', () => {
  it.each<readonly [what: string, downloadUrl: unknown, second: string]>([
    ['a path without a query', `https://civitai.com${route}`, route],
    ['a path of a host that is none', `https://undefined${route}`, route],
    ['a path alone', route, route],
    [
      'selectors',
      `https://civitai.com${route}?type=Model&format=PickleTensor`,
      `${route}?type=Model&format=PickleTensor`,
    ],
    [
      'a key, which is left out',
      `https://civitai.com${route}?type=Model&token=s3cret`,
      `${route}?type=Model`,
    ],
    ['a key alone, which is left out', `https://civitai.com${route}?token=s3cret`, route],
  ])('is requested by the URL of the API: %s', async (_what, downloadUrl, second) => {
    await name((one) => {
      one.downloadUrl = downloadUrl;
    });
    refuseById();
    expect(await download()).toMatchObject({ status: 0 });
    expect(addresses()).toEqual([byId, second]);
    expect(await sandbox.tree()).toContain(target);
  });

  it.each<readonly [what: string, change: (file: Record<string, unknown>) => void]>([
    [
      'its URL has the same id',
      (one) => {
        one.downloadUrl = `https://civitai.com${byId}`;
      },
    ],
    [
      'its URL has the same id and a type',
      (one) => {
        one.downloadUrl = `https://civitai.com${byId}&type=Model`;
      },
    ],
    [
      'it has no URL',
      (one) => {
        one.downloadUrl = null;
      },
    ],
    [
      'its URL is another page',
      (one) => {
        one.downloadUrl = 'https://civitai.com/models/66';
      },
    ],
    [
      'its URL is no text',
      (one) => {
        one.downloadUrl = 7;
      },
    ],
    [
      'nothing could tell that another file came',
      (one) => {
        one.hashes = { AutoV1: 'ab' };
      },
    ],
  ])('is requested by its id again, if %s', async (_what, change) => {
    await name(change);
    civitai.fault({ on: 'download', kind: 'status', status: 404, body: '{}' });
    const { status, waits } = await download();
    expect(status).toBe(0);
    expect(waits).toEqual([1500]);
    expect(addresses()).toEqual([byId, byId]);
  });

  it('is another file if its SHA256 says so, and then is not stored', async () => {
    const { fp16File, fp32File, model: id, version: versionId } = ids.sameName;
    civitai.fault({
      on: 'download',
      kind: 'status',
      status: 404,
      times: Infinity,
      where: ({ query }) => query.has('fileId'),
    });
    // The account prefers the other file of the version.
    civitai.account.preferences = { size: 'full', fp: 'fp32' };
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const { status } = await runInProcess([String(id), 'models', '-i', '0'], sandbox, { env });
    expect(status).toBe(1);
    expect(addresses()[1]).toBe(`/api/download/models/${versionId}`);
    expect(await sandbox.tree()).toEqual([]);
    expect(fp16File).not.toBe(fp32File);
  });
});

it('a version whose paid access is permanent has to be bought, whatever its end says', async () => {
  const path = `/api/v1/models/${model}`;
  const json = (await (await fetch(`${civitai.url}${path}`)).json()) as {
    modelVersions: Record<string, unknown>[];
  };
  civitai.reset();
  const [only] = json.modelVersions;
  for (const [id, paidAccess] of [
    [71, { permanent: true, endsAt: '2020-01-01T00:00:00.000Z' }],
    [72, { permanent: false, endsAt: null }],
    [73, { permanent: false, endsAt: '2999-01-01T00:00:00.000Z' }],
  ] as const)
    json.modelVersions.unshift({ ...only, id, name: `v${id}`, paidAccess });
  Object.assign(only ?? {}, { paidAccess: {} });
  civitai.fault({ on: 'model', kind: 'json', value: json, times: Infinity });
  const { status, stderr } = await download();
  expect(status).toBe(0);
  expect(stderr.match(/version skipped: .*/g)).toEqual([
    'version skipped: Version 73 (v73) of model 66 is in early access until 2999-01-01.',
    'version skipped: Version 72 (v72) of model 66 is in early access and has to be bought.',
    'version skipped: Version 71 (v71) of model 66 is in early access and has to be bought.',
  ]);
  expect(await sandbox.tree()).toContain(target);
});

it('a number that is the id of a version is answered with the model and the version', async () => {
  const { status, stderr } = await runInProcess([String(version), 'models'], sandbox);
  expect(status).toBe(4);
  expect(stderr).toContain(
    'Model 75 was not found, but 75 is the id of a version of model 66 (anythingV3_fp16). To download it, use 66@75.',
  );
});
