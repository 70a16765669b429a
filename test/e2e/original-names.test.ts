import { readFileSync, renameSync } from 'node:fs';
import { rm, truncate } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { makeAppRoot } from '../harness/app-roots.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const { twins, sameName } = ids;
const loras = 'app/models/loras';
const checkpoints = 'app/models/checkpoints';

const weights = async (folder: string) =>
  (await sandbox.tree(folder)).filter((name) => /\.(safetensors|ckpt)$/.test(name));
const transfers = () => civitai.requestsTo('storage').length;

async function download(...args: readonly (string | number)[]) {
  makeAppRoot(sandbox.path('app'), 'ComfyUI');
  const ended = await runInProcess([...args.map(String), 'app', '-i', '0', '--pause-time', '0'], sandbox);
  expect(ended).toMatchObject({ status: 0 });
  return ended;
}

/** The bytes of each file, to notice any that is replaced. */
const contents = async (folder: string) =>
  new Map(
    (await weights(folder)).map((name) => [
      name,
      readFileSync(sandbox.path(folder, name)).toString('latin1'),
    ]),
  );

interface Row {
  readonly sources: readonly (string | number)[];
  readonly folder?: string;
  readonly args?: readonly string[];
  readonly names: readonly string[];
}

const rows: Readonly<Record<string, Row>> = {
  'two models of one name': {
    sources: [twins.one.model, twins.other.model],
    names: [`twin-vid_${twins.other.version}.safetensors`, 'twin.safetensors'],
  },
  'two versions of one model': {
    sources: [
      `${twins.other.model}@${twins.other.version}`,
      `${twins.other.model}@${twins.other.olderVersion}`,
    ],
    names: [`twin-vid_${twins.other.olderVersion}.safetensors`, 'twin.safetensors'],
  },
  'names that differ only in case': {
    sources: [twins.otherCase.model, twins.one.model],
    names: ['TWIN.safetensors', `twin-vid_${twins.one.version}.safetensors`],
  },
  'two files of one version': {
    sources: [sameName.model],
    folder: checkpoints,
    args: ['--all-files'],
    names: [`sameName-fid_${sameName.fp32File}.safetensors`, 'sameName.safetensors'],
  },
  'two files of one version that differ only in the extension': {
    sources: [twins.twoKinds.model],
    folder: checkpoints,
    args: ['--all-files'],
    names: [`twoKinds-fid_${twins.twoKinds.ckptFile}.ckpt`, 'twoKinds.safetensors'],
  },
  'three models': {
    sources: [twins.otherCase.model, twins.one.model, twins.other.model],
    names: [
      'TWIN.safetensors',
      `twin-vid_${twins.one.version}.safetensors`,
      `twin-vid_${twins.other.version}.safetensors`,
    ],
  },
};

describe.each(Object.entries(rows))('%s in a folder of an application', (_what, row) => {
  const { sources, folder = loras, args = [], names } = row;

  it.each([['1'], ['4']])('get different names, with %s jobs', async (jobs) => {
    await download(...sources, ...args, '-j', jobs);
    expect(await weights(folder)).toEqual(names);
  });

  it.each<readonly [what: string, options: readonly string[], forget: () => Promise<unknown>]>([
    ['', [], async () => {}],
    [' without the cache', ['--cache-mode', '0'], async () => {}],
    [' without the cache and lists of hashes', ['--cache-mode', '0'], removeLists],
    [' without strict mode', ['--cache-mode', '0', '--strict-mode', '0'], async () => {}],
  ])('are found by later runs%s', async (_how, options, forget) => {
    for (const source of sources) await download(source, ...args, ...options);
    const before = await contents(folder);
    expect([...before.keys()]).toEqual(names);
    await forget();
    const requests = transfers();
    await download(...[...sources].reverse(), ...args, ...options);
    expect(await contents(folder)).toEqual(before);
    expect(transfers()).toBe(requests);
  });
});

async function removeLists(): Promise<void> {
  for (const name of await sandbox.tree('app'))
    if (name.endsWith('.csv')) await rm(sandbox.path('app', name));
}

describe('an existing file under the original name', () => {
  const own = `${loras}/twin.safetensors`;
  const suffixed = `twin-vid_${twins.one.version}.safetensors`;

  it.each<readonly [what: string, content: string]>([
    ['of another size', 'made by myself'],
    ['of the same size', 'x'.repeat(120_000)],
  ])('%s is never replaced', async (_what, content) => {
    await sandbox.write(own, content);
    for (let count = 0; count < 2; count++) {
      await download(twins.one.model, '--cache-mode', '0');
      expect(await weights(loras)).toEqual([suffixed, 'twin.safetensors']);
      expect(String(await sandbox.read(own))).toBe(content);
    }
  });

  it('is never replaced in other case or with another extension', async () => {
    await sandbox.write(`${loras}/Twin.ckpt`, 'made by myself');
    await download(twins.one.model);
    expect(await weights(loras)).toEqual(['Twin.ckpt', suffixed]);
  });

  it('is found if it has the bytes, whoever put it there', async () => {
    await download(twins.one.model);
    await removeLists();
    await rm(sandbox.path('cache'), { recursive: true });
    const requests = transfers();
    const { stderr } = await download(twins.one.model);
    expect(stderr).toContain('already downloaded, SHA256 verified');
    expect(transfers()).toBe(requests);
  });

  it.each<readonly [what: string, name: string, text: () => object]>([
    ['X.cm-info.json', 'twin.cm-info.json', () => ({ VersionId: 1, RemoteFileId: twins.one.file })],
    [
      'X.civitai.info',
      'twin.civitai.info',
      () => ({ id: twins.one.version, files: [{ id: twins.one.file }] }),
    ],
    ['X.metadata.json', 'twin.metadata.json', () => ({ civitai: { id: twins.one.version } })],
    ['X.json', 'twin.json', () => ({ modelVersionId: twins.one.version, sha256: 'A'.repeat(64) })],
    [
      'rgthree',
      'twin.safetensors.rgthree-info.json',
      () => ({ sha256: 'a'.repeat(64), raw: { civitai: { id: twins.one.version } } }),
    ],
  ])('is replaced if %s says that it is an older copy', async (_what, name, text) => {
    await sandbox.write(own, 'an older copy');
    await sandbox.write(`${loras}/${name}`, JSON.stringify(text()));
    const { stderr } = await download(twins.one.model);
    expect(stderr).toContain('downloaded, replacing the existing file');
    expect(await weights(loras)).toEqual(['twin.safetensors']);
    expect((await sandbox.read(own)).length).toBe(120_000);
  });

  it('is replaced if the index says that it is an older copy', async () => {
    await download(twins.one.model);
    await removeLists();
    await truncate(sandbox.path(own), 100);
    await download(twins.one.model);
    expect(await weights(loras)).toEqual(['twin.safetensors']);
    expect((await sandbox.read(own)).length).toBe(120_000);
  });

  it.each<readonly [what: string, name: string, json: object]>([
    ['X.cm-info.json', 'twin.cm-info.json', { VersionId: 7, RemoteFileId: 8 }],
    ['X.json', 'twin.json', { modelVersionId: 7, sha256: 'A'.repeat(64) }],
    ['a broken file', 'twin.json', []],
  ])('is kept if %s says that it is another model', async (_what, name, json) => {
    await sandbox.write(own, 'another model');
    await sandbox.write(`${loras}/${name}`, JSON.stringify(json));
    await download(twins.one.model);
    expect(await weights(loras)).toEqual([suffixed, 'twin.safetensors']);
    expect(String(await sandbox.read(own))).toBe('another model');
  });
});

describe('a file of the user', () => {
  const suffixed = `twin-vid_${twins.one.version}.safetensors`;

  it('in a subfolder keeps its name: A1111 knows a LoRA by its name alone', async () => {
    await sandbox.write(`${loras}/mine/Twin.ckpt`, 'made by myself');
    await download(twins.one.model);
    expect(await weights(loras)).toEqual(['mine/Twin.ckpt', suffixed]);
  });

  it('in a subfolder leaves the name of a workflow free, which ComfyUI knows by its path', async () => {
    const workflows = 'app/user/default/workflows';
    await sandbox.write(`${workflows}/mine/exampleWorkflows.json`, '{}');
    await download(ids.types.Workflows);
    expect((await sandbox.tree(workflows)).filter((name) => name.endsWith('.json'))).toEqual([
      'exampleWorkflows.json',
      'mine/exampleWorkflows.json',
    ]);
  });

  it.each(['twin.csv', 'Twin.CSV'])('named %s is never replaced by the list of hashes', async (list) => {
    await sandbox.write(`${loras}/${list}`, 'mine');
    await download(twins.one.model);
    expect(await weights(loras)).toEqual([suffixed]);
    expect(String(await sandbox.read(`${loras}/${list}`))).toBe('mine');
  });

  it('named as the list of hashes of a model that is there is never replaced', async () => {
    await download(twins.one.model);
    await sandbox.write(`${loras}/twin.csv`, 'mine');
    for (let count = 0; count < 2; count++) {
      await download(twins.one.model, '--cache-mode', '0');
      expect(await weights(loras)).toEqual(['twin.safetensors']);
      expect(String(await sandbox.read(`${loras}/twin.csv`))).toBe('mine');
    }
    expect(await sandbox.tree(loras)).toContain(`twin-fid_${twins.one.file}.csv`);
  });

  it('of the same name is not taken on trust if its size is far off, without strict mode', async () => {
    await sandbox.write(`${loras}/twin.safetensors`, 'made by myself');
    await download(twins.one.model, '--strict-mode', '0', '--cache-mode', '0');
    expect(await weights(loras)).toEqual([suffixed, 'twin.safetensors']);
  });
});

describe('a file that is already in the application', () => {
  const old = `twin-mid_${twins.one.model}-vid_${twins.one.version}.safetensors`;

  it('under the name with ids of earlier versions is found', async () => {
    await download(twins.one.model, '--file-names', 'ids');
    expect(await weights(loras)).toEqual([old]);
    const requests = transfers();
    await download(twins.one.model, '--cache-mode', '0');
    expect(await weights(loras)).toEqual([old]);
    expect(transfers()).toBe(requests);
  });

  it('in a subfolder under another name is found after a scan', async () => {
    await download(twins.one.model);
    await sandbox.write(`${loras}/mine/.keep`, '');
    renameSync(sandbox.path(loras, 'twin.safetensors'), sandbox.path(loras, 'mine', 'renamed.safetensors'));
    expect(await run('civitconfig', ['cache', '--scan', 'app/models'], sandbox)).toMatchObject({ status: 0 });
    const requests = transfers();
    await download(twins.one.model);
    expect(await weights(loras)).toEqual(['mine/renamed.safetensors']);
    expect(transfers()).toBe(requests);
  });

  it.each([
    ['with its sidecars', async () => {}],
    [
      'without sidecars',
      async () => {
        for (const name of await sandbox.tree(`${loras}/mine`))
          if (!name.endsWith('.safetensors')) await rm(sandbox.path(loras, 'mine', name));
      },
    ],
  ])('in a subfolder, %s, is found without the cache', async (_what, forget) => {
    await download(twins.one.model);
    await sandbox.write(`${loras}/mine/.keep`, '');
    for (const name of (await sandbox.tree(loras)).filter((one) => one.startsWith('twin')))
      renameSync(sandbox.path(loras, name), sandbox.path(loras, 'mine', name));
    await forget();
    const requests = transfers();
    await download(twins.one.model, '--cache-mode', '0');
    expect(await weights(loras)).toEqual(['mine/twin.safetensors']);
    expect(transfers()).toBe(requests);
  });

  it('keeps the name of an interrupted download from a model with another extension', async () => {
    makeAppRoot(sandbox.path('app'), 'ComfyUI');
    await sandbox.write(`${checkpoints}/.keep`, '');
    await sandbox.write(
      `${checkpoints}/twoKinds.gguf.part.json`,
      `${JSON.stringify({ version: 2, identity: { key: 'civitai file 1' }, flushed: [[0, 9]] })}\n`,
    );
    await download(twins.twoKinds.model);
    expect(await weights(checkpoints)).toEqual([`twoKinds-vid_${twins.twoKinds.version}.safetensors`]);
  });

  it('keeps the name of an interrupted download, which another model leaves alone', async () => {
    makeAppRoot(sandbox.path('app'), 'ComfyUI');
    civitai.fault({ on: 'storage', kind: 'reset', after: 60_000 });
    const args = [String(twins.one.model), 'app', '-i', '0', '--retry-count', '0'];
    expect(await runInProcess(args, sandbox)).toMatchObject({ status: 5 });
    await download(twins.other.model);
    expect(await weights(loras)).toEqual([`twin-vid_${twins.other.version}.safetensors`]);
    const { stderr } = await download(twins.one.model);
    expect(stderr).toContain('resuming: ');
    expect(await weights(loras)).toEqual([`twin-vid_${twins.other.version}.safetensors`, 'twin.safetensors']);
  });
});

it('gets its own name in parallel runs of two models', async () => {
  makeAppRoot(sandbox.path('app'), 'ComfyUI');
  await Promise.all([download(twins.one.model), download(twins.other.model)]);
  expect(await weights(loras)).toHaveLength(2);
  const before = await contents(loras);
  expect(new Set(before.values()).size).toBe(2);
  await download(twins.one.model, twins.other.model);
  expect(await contents(loras)).toEqual(before);
});

it('--file-names chooses the names in any folder', async () => {
  const downloadTo = (...args: readonly string[]) =>
    runInProcess([String(twins.one.model), '-i', '0', ...args], sandbox);
  await downloadTo('models', '--file-names', 'original');
  expect(await weights('models')).toEqual(['Twin/twin.safetensors']);
  expect((await downloadTo('models', '--file-names', 'other')).status).toBe(2);
});
