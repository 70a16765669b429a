import { describe, expect, it } from 'vitest';
import type { CivitaiClient } from '../../src/civitai/client.js';
import { mergeVersions } from '../../src/civitai/merge-versions.js';
import type { Model, ModelVersion } from '../../src/civitai/model.js';
import { resolve } from '../../src/civitai/resolve.js';
import type { FileChoice } from '../../src/civitai/select-files.js';
import { DEFAULT_SELECTION, type Selection } from '../../src/civitai/selection.js';
import type { Source } from '../../src/civitai/source.js';
import { AccessError, NetworkError, NotFoundError, RateLimitError, ServerError } from '../../src/errors.js';
import { fileOf, imageOf, modelOf, versionOf } from './samples.js';

const now = Date.parse('2026-08-15T12:00:00Z');
const later = { paidAccess: { endsAt: new Date('2026-09-01T00:00:00Z') } };
const sha256 = 'A'.repeat(64);

interface Server {
  readonly models?: readonly Model[];
  readonly versions?: readonly ModelVersion[];
}

/** A client with some models and versions, and a list of its requests. */
function serverOf({ models = [], versions = [] }: Server) {
  const requests: string[] = [];
  const find = async <T>(what: string, found: T | undefined): Promise<T> => {
    requests.push(what);
    if (found === undefined) throw new NotFoundError('not-found', `${what} was not found.`);
    return found;
  };
  const never = async (): Promise<never> => {
    throw new Error('Unexpected request.');
  };
  const client: CivitaiClient = {
    getModel: (id) =>
      find(
        `model ${id}`,
        models.find((model) => model.id === id),
      ),
    getModelVersion: (id) =>
      find(
        `version ${id}`,
        versions.find((version) => version.id === id),
      ),
    getModelVersionByHash: (hash) =>
      find(
        'hash',
        versions.find(({ files }) => files.some(({ hashes }) => [...hashes.values()].includes(hash))),
      ),
    getModels: never,
    getImages: never,
    listModels: never,
    getCollectionItems: never,
    getPostedImages: never,
    getOwners: never,
    isCompleteCheckpoint: async () => undefined,
    getDownloadUrl: never,
  };
  const warnings: (readonly [error: unknown, consequence: string | undefined])[] = [];
  const warn = (error: unknown, consequence?: string) => warnings.push([error, consequence]);
  const ask = (
    source: Source,
    given: CivitaiClient = client,
    choice: FileChoice = 'primary',
    selection: Partial<Selection> = {},
  ) =>
    resolve(source, {
      client: given,
      signal: new AbortController().signal,
      now,
      choice,
      selection: { ...DEFAULT_SELECTION, ...selection },
      warn,
    });
  return { ask, requests, client, warnings };
}

const ids = ({ model, version, files }: Awaited<ReturnType<typeof resolve>>) => [
  model.id,
  version.id,
  files[0]?.id,
];
const own = (id: number, given: Partial<ModelVersion> = {}) => versionOf(id, { modelId: 66, ...given });

describe('a model id', () => {
  const model = modelOf(66, { versions: [versionOf(75), versionOf(76)] });
  const source: Source = { kind: 'model', modelId: 66 };

  it('means the first version and its primary file, in two requests', async () => {
    const { ask, requests } = serverOf({ models: [model], versions: [own(75), own(76)] });
    const resolved = await ask(source);
    expect(ids(resolved)).toEqual([66, 75, 750]);
    expect(resolved.skipped).toEqual([]);
    expect(requests).toEqual(['model 66', 'version 75']);
  });

  it('means the first available version, with the reasons why others were skipped', async () => {
    const versions = [own(75, { usageControl: 'Generation' }), own(76)];
    const resolved = await serverOf({ models: [model], versions }).ask(source);
    expect(ids(resolved)).toEqual([66, 76, 760]);
    expect(resolved.skipped).toMatchObject([{ code: 'downloads-disabled' }]);
  });

  it('does not request a version that is unavailable according to the list', async () => {
    const listed = [versionOf(75, { files: [] }), versionOf(76, later), versionOf(77)];
    const { ask, requests } = serverOf({ models: [modelOf(66, { versions: listed })], versions: [own(77)] });
    const resolved = await ask(source);
    expect(resolved.version.id).toBe(77);
    expect(resolved.skipped.map(({ code }) => code)).toEqual(['no-such-file', 'early-access']);
    expect(requests).toEqual(['model 66', 'version 77']);
  });

  it('means the first version in early access if no other is available: it may have been bought', async () => {
    const listed = [versionOf(75, { files: [] }), versionOf(76, later), versionOf(77, later)];
    const resolved = await serverOf({ models: [modelOf(66, { versions: listed })] }).ask(source);
    expect(ids(resolved)).toEqual([66, 76, 760]);
    expect(resolved.skipped).toEqual([]);
  });

  it('means a version that only the list has', async () => {
    expect(ids(await serverOf({ models: [model] }).ask(source))).toEqual([66, 75, 750]);
  });

  it('means the files of the choice', async () => {
    const files = [fileOf(1), fileOf(2, { type: 'VAE' }), fileOf(3, { type: 'Training Data' })];
    const { ask, client } = serverOf({ models: [modelOf(66, { versions: [versionOf(75, { files })] })] });
    const all = await ask(source, client, 'all');
    expect(all.files.map(({ id }) => id)).toEqual([1, 2]);
    const one = await ask(source, client, { named: 'Training Data' });
    expect(one.files.map(({ id }) => id)).toEqual([3]);
    await expect(ask(source, client, { named: 'Config' })).rejects.toMatchObject({ code: 'no-such-file' });
  });

  it('skips a version that only has training data, unless that is the choice', async () => {
    const trained = versionOf(75, { files: [fileOf(1, { type: 'Training Data' })] });
    const { ask, client } = serverOf({ models: [modelOf(66, { versions: [trained, versionOf(76)] })] });
    const resolved = await ask(source);
    expect(ids(resolved)).toEqual([66, 76, 760]);
    expect(resolved.skipped).toMatchObject([{ message: 'Version 75 (v75) only has training data.' }]);
    expect(ids(await ask(source, client, { named: 'training data' }))).toEqual([66, 75, 1]);
  });

  it('has the generation data of images from the version endpoint', async () => {
    const listed = versionOf(75, { images: [imageOf('1.jpeg')] });
    const versions = [own(75, { images: [imageOf('1.jpeg', { json: { meta: { prompt: 'x' } } })] })];
    const { version } = await serverOf({ models: [modelOf(66, { versions: [listed] })], versions }).ask(
      source,
    );
    expect(version.images[0]?.json.meta).toEqual({ prompt: 'x' });
  });

  it.each<readonly [what: string, given: Partial<Model>, code: string, says: RegExp]>([
    ['without versions', { versions: [] }, 'no-such-file', /^Model 66 has no versions to download\.$/],
    [
      'whose versions have no files',
      { versions: [versionOf(75, { files: [] })] },
      'no-such-file',
      /has no files/,
    ],
    [
      'that is archived',
      { mode: 'Archived' },
      'archived',
      /^Model 66 is archived and can no longer be downloaded\.$/,
    ],
  ])('of a model %s is an error', async (_what, given, code, says) => {
    const asked = serverOf({ models: [modelOf(66, given)] }).ask(source);
    await expect(asked).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
  });

  it('that does not exist is an error', async () => {
    await expect(serverOf({}).ask(source)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('fails with the error of the client', async () => {
    const { ask, client } = serverOf({ models: [model] });
    const broken = new NetworkError('unreachable', 'x');
    await expect(ask(source, { ...client, getModel: () => Promise.reject(broken) })).rejects.toBe(broken);
  });

  it('that is the id of a version is an error with what to type instead', async () => {
    const versions = [versionOf(75, { modelId: 66, model: { name: 'Anything' } })];
    await expect(serverOf({ versions }).ask({ kind: 'model', modelId: 75 })).rejects.toMatchObject({
      code: 'not-found',
      message:
        'Model 75 was not found, but 75 is the id of a version of model 66 (Anything). To download it, use 66@75.',
    });
  });
});

describe('a version id', () => {
  const listed = versionOf(75, { files: [fileOf(1, { name: 'renamed.ckpt', primary: true }), fileOf(2)] });
  const model = modelOf(66, { name: 'Anything', versions: [versionOf(74), listed] });
  const source = { kind: 'version', versionId: 75 } as const satisfies Source;

  it('means that version, in two requests', async () => {
    const { ask, requests } = serverOf({ models: [model], versions: [own(75)] });
    const resolved = await ask(source);
    expect(ids(resolved)).toEqual([66, 75, 1]);
    expect(resolved.files[0]?.name).toBe('renamed.ckpt');
    expect(requests).toEqual(['version 75', 'model 66']);
  });

  it('with a selector means that file', async () => {
    const { ask } = serverOf({ models: [model], versions: [own(75)] });
    expect((await ask({ ...source, file: { fileId: 2 } })).files[0]?.id).toBe(2);
    await expect(ask({ ...source, file: { fileId: 3 } })).rejects.toMatchObject({ code: 'no-such-file' });
  });

  it('of another model than the source names is an error', async () => {
    const { ask } = serverOf({ models: [model, modelOf(67)], versions: [own(75)] });
    await expect(ask({ ...source, modelId: 67 })).rejects.toMatchObject({
      code: 'not-found',
      message: 'Model version 75 belongs to model 66, not to model 67.',
    });
    expect(ids(await ask({ ...source, modelId: 66 }))).toEqual([66, 75, 1]);
  });

  it('that only the list of its model has is found there, if the source names the model', async () => {
    const { ask } = serverOf({ models: [model] });
    expect(ids(await ask({ ...source, modelId: 66 }))).toEqual([66, 75, 1]);
    await expect(ask(source)).rejects.toThrow('Model version 75 was not found.');
    await expect(ask({ kind: 'version', versionId: 99, modelId: 66 })).rejects.toThrow(
      'Model version 99 was not found.',
    );
  });

  it('of a hidden model has a model built from the version', async () => {
    const version = own(75, {
      model: { name: 'Hidden', type: 'LORA' },
      images: [imageOf('1', { nsfwLevel: 1 }), imageOf('2', { nsfwLevel: 4 })],
      json: { id: 75, modelId: 66, model: { name: 'Hidden', type: 'LORA', nsfw: false } },
    });
    const { model: made } = await serverOf({ versions: [version] }).ask(source);
    expect(made).toMatchObject({ id: 66, name: 'Hidden', type: 'LORA', nsfwLevel: 5 });
    expect(made.json).toEqual({
      id: 66,
      name: 'Hidden',
      type: 'LORA',
      nsfw: false,
      modelVersions: [{ id: 75, modelId: 66 }],
    });
  });

  it('in early access is resolved: it may have been bought', async () => {
    expect(ids(await serverOf({ models: [model], versions: [own(75, later)] }).ask(source))).toEqual([
      66, 75, 1,
    ]);
  });

  it('whose creator has disabled downloads is an error', async () => {
    const versions = [own(75, { usageControl: 'Generation' })];
    await expect(serverOf({ models: [model], versions }).ask(source)).rejects.toMatchObject({
      code: 'downloads-disabled',
    });
  });

  it('of an archived model is an error', async () => {
    const models = [modelOf(66, { mode: 'Archived', versions: [versionOf(75, { files: [] })] })];
    await expect(serverOf({ models, versions: [own(75)] }).ask(source)).rejects.toMatchObject({
      code: 'archived',
    });
  });
});

describe('a hash', () => {
  const files = [fileOf(1, { primary: true }), fileOf(2, { hashes: new Map([['SHA256', sha256]]) })];
  const source: Source = { kind: 'hash', hash: sha256 };

  it('means the file that has it, in two requests', async () => {
    const models = [modelOf(66, { versions: [versionOf(75, { files })] })];
    const { ask, requests } = serverOf({ models, versions: [own(75, { files })] });
    expect(ids(await ask(source))).toEqual([66, 75, 2]);
    expect(requests).toEqual(['hash', 'model 66']);
  });

  it('can be an AutoV3 with 64 digits', async () => {
    const autoV3 = 'B'.repeat(64);
    const hashes = new Map([['SHA256', sha256]]);
    const longer = [
      fileOf(1, { primary: true }),
      fileOf(3, { hashes: new Map([...hashes, ['AutoV3', autoV3]]) }),
    ];
    const { ask } = serverOf({ versions: [own(75, { files: longer })] });
    expect(ids(await ask({ kind: 'hash', hash: autoV3 }))).toEqual([66, 75, 3]);
  });

  it('means the primary file if no file lists the hash', async () => {
    const { ask, client } = serverOf({ models: [modelOf(66, { versions: [versionOf(75)] })] });
    expect(ids(await ask(source, { ...client, getModelVersionByHash: async () => own(75) }))).toEqual([
      66, 75, 750,
    ]);
  });

  it('without a file is an error', async () => {
    await expect(serverOf({}).ask(source)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a version of two endpoints', () => {
  const listed = versionOf(75, {
    name: 'as listed',
    files: [fileOf(1, { name: 'renamed.ckpt' })],
    images: [imageOf('1.jpeg'), imageOf('2.jpeg')],
    json: { id: 75, listed: true },
  });
  const ownImage = imageOf('2.png', { json: { url: 'x', meta: { prompt: 'lantern' } } });
  const own = versionOf(75, {
    modelId: 66,
    usageControl: 'Generation',
    files: [fileOf(1, { name: 'raw.ckpt' })],
    images: [ownImage],
    json: { id: 75, listed: false },
  });

  it('has the names and JSON of the list, and the usage control and generation data of its own', () => {
    expect(mergeVersions(listed, own)).toMatchObject({
      modelId: 66,
      usageControl: 'Generation',
      files: [{ name: 'renamed.ckpt' }],
      json: { listed: true },
      images: [
        { json: imageOf('1.jpeg').json },
        { json: { ...imageOf('2.jpeg').json, meta: { prompt: 'lantern' } } },
      ],
    });
  });

  it('has its own files and images if the list has none', () => {
    const merged = mergeVersions({ ...listed, files: [], images: [] }, own);
    expect(merged).toMatchObject({ files: [{ name: 'raw.ckpt' }], images: [ownImage] });
  });

  it('is that of one endpoint if the other has none', () => {
    expect(mergeVersions(listed, undefined)).toBe(listed);
    expect(mergeVersions(undefined, own)).toBe(own);
    expect(mergeVersions(undefined, undefined)).toBeUndefined();
  });
});

describe('a request that fails', () => {
  const model = modelOf(66, { versions: [versionOf(75), versionOf(76)] });
  const whole = { models: [model], versions: [own(75), own(76)] };
  const errors = [
    new ServerError('server', 'status 500'),
    new ServerError('bad-answer', 'a page'),
    new NetworkError('broken', 'reset'),
    new NetworkError('timeout', 'silence'),
    new AccessError('region-blocked', 'not here'),
    new RateLimitError('rate-limited', 'too many'),
    new NotFoundError('archived', 'gone'),
  ];
  const sources: readonly (readonly [what: string, source: Source])[] = [
    ['a model', { kind: 'model', modelId: 66 }],
    ['a version', { kind: 'version', versionId: 75 }],
    ['a version and its model', { kind: 'version', versionId: 75, modelId: 66 }],
  ];
  const fail = (error: unknown) => () => Promise.reject(error);

  it.each(errors)('for the version is a warning if its model lists it: $message', async (error) => {
    for (const [, source] of [sources[0], sources[2]] as (typeof sources)[number][]) {
      const { ask, client, warnings } = serverOf(whole);
      const resolved = await ask(source, { ...client, getModelVersion: fail(error) });
      expect(ids(resolved)).toEqual([66, 75, 750]);
      expect(warnings).toEqual([[error, expect.stringMatching(/^Continuing .*\.$/)]]);
    }
  });

  it.each(errors)('for the model is a warning if the version is there: $message', async (error) => {
    for (const [, source] of sources.slice(1)) {
      const { ask, client, warnings } = serverOf(whole);
      const resolved = await ask(source, { ...client, getModel: fail(error) });
      expect(ids(resolved)).toEqual([66, 75, 750]);
      expect(resolved.model.json).toMatchObject({ id: 66, modelVersions: [{ id: 75 }] });
      expect(warnings).toEqual([[error, expect.stringMatching(/^Continuing .*\.$/)]]);
    }
  });

  it.each(sources)('for both ends %s with one of their errors', async (_what, source) => {
    for (const error of errors) {
      const { ask, client, warnings } = serverOf(whole);
      const broken = { ...client, getModel: fail(error), getModelVersion: fail(error) };
      await expect(ask(source, broken)).rejects.toBe(error);
      expect(warnings).toEqual([]);
    }
  });

  it('for the version ends a source that does not name its model', async () => {
    const { ask, client } = serverOf(whole);
    const [, source] = sources[1] as (typeof sources)[number];
    for (const error of errors)
      await expect(ask(source, { ...client, getModelVersion: fail(error) })).rejects.toBe(error);
  });
});

describe('a selection', () => {
  const pickle = (id: number) => fileOf(id, { name: 'a.ckpt', format: 'PickleTensor', primary: true });
  const versions = [
    versionOf(75, { baseModel: 'Pony', publishedAt: '2026-01-01T00:00:00Z' }),
    versionOf(76, { publishedAt: '2026-02-01T00:00:00Z', files: [pickle(1), fileOf(2)] }),
    versionOf(77, { publishedAt: '2026-03-01T00:00:00Z', ...later }),
    versionOf(78, { publishedAt: '2026-04-01T00:00:00Z', files: [pickle(3)] }),
  ];
  const models = [modelOf(66, { name: 'Ink', versions })];
  const model: Source = { kind: 'model', modelId: 66 };
  const version: Source = { kind: 'version', versionId: 75, modelId: 66 };

  it.each<readonly [selection: Partial<Selection>, chosen: readonly number[]]>([
    [{}, [75, 750]],
    [{ baseModels: ['SDXL 1.0'] }, [76, 1]],
    [{ baseModels: ['SDXL 1.0'], noPickle: true }, [76, 2]],
    [{ formats: ['PickleTensor'] }, [76, 1]],
    [{ since: new Date('2026-02-15') }, [78, 3]],
    [{ versions: 'latest' }, [78, 3]],
    [{ versions: 'latest', noPickle: true }, [76, 2]],
    [{ types: ['LORA'], versions: 'latest', baseModels: ['pony'] }, [75, 750]],
  ])('%j of a model means the first version that fits, and its file', async (selection, chosen) => {
    const { ask, client, warnings } = serverOf({ models });
    const resolved = await ask(model, client, 'primary', selection);
    expect(ids(resolved)).toEqual([66, ...chosen]);
    expect(warnings).toEqual([]);
  });

  it('requests no version that does not fit, and does not tell of it', async () => {
    const { ask, client, requests } = serverOf({
      models,
      versions: [own(76, { files: versions[1]?.files ?? [] })],
    });
    const resolved = await ask(model, client, 'primary', { baseModels: ['SDXL 1.0'] });
    expect(requests).toEqual(['model 66', 'version 76']);
    expect(resolved.skipped).toEqual([]);
  });

  it.each<readonly [selection: Partial<Selection>, message: RegExp]>([
    [{ types: ['VAE'] }, /is of type LORA, not VAE/],
    [{ baseModels: ['SD 1.5'] }, /no version for SD 1\.5/],
    [{ since: new Date('2026-08-01') }, /no version from 2026-08-01 or later/],
    [{ formats: ['GGUF'] }, /no file of format GGUF/],
  ])('%j that no version fits passes the model over', async (selection, message) => {
    const { ask, client, requests } = serverOf({ models });
    const asked = ask(model, client, 'primary', selection);
    await expect(asked).rejects.toMatchObject({
      code: 'nothing-fits',
      message: expect.stringMatching(message),
    });
    expect(requests).toEqual(['model 66']);
  });

  it('that fits only a version in early access means that one', async () => {
    const { ask, client } = serverOf({ models });
    const since = new Date('2026-02-15');
    expect(ids(await ask(model, client, 'primary', { since, noPickle: true }))).toEqual([66, 77, 770]);
  });

  it('filters all files of a version', async () => {
    const files = [fileOf(1), pickle(2), fileOf(3, { type: 'VAE' }), fileOf(4, { type: 'Training Data' })];
    const { ask, client } = serverOf({ models: [modelOf(66, { versions: [versionOf(75, { files })] })] });
    const all = await ask(model, client, 'all', { noPickle: true });
    expect(all.files.map(({ id }) => id)).toEqual([1, 3]);
    const named = await ask(model, client, { named: 'a.ckpt' }, { noPickle: true });
    expect(named.files.map(({ id }) => id)).toEqual([2]);
  });

  it('that a named version does not fit is only told', async () => {
    const { ask, client, warnings } = serverOf({ models });
    const selection = { types: ['VAE'], baseModels: ['SDXL 1.0', 'SD 1.5'], since: new Date('2026-06-01') };
    expect(ids(await ask(version, client, 'primary', selection))).toEqual([66, 75, 750]);
    expect(warnings.map(([error]) => error)).toMatchObject([
      { code: 'other-type', message: 'Ink (model 66), version v75 is of type LORA, not VAE.' },
      {
        code: 'other-base-model',
        message: 'Ink (model 66), version v75 is for Pony, not for SDXL 1.0 or SD 1.5.',
      },
      {
        code: 'earlier-version',
        message: 'Ink (model 66), version v75 is from 2026-01-01, before 2026-06-01.',
      },
    ]);
  });

  it('takes the file that a source names, and of a named version only a file that fits', async () => {
    const { ask, client } = serverOf({ models });
    const asked = (source: Source) => ask(source, client, 'primary', { noPickle: true });
    const named: Source = { kind: 'version', versionId: 78, modelId: 66 };
    expect(ids(await asked({ ...named, file: { fileId: 3 } }))).toEqual([66, 78, 3]);
    await expect(asked(named)).rejects.toMatchObject({
      code: 'nothing-fits',
      message: 'Version 78 (v78) has no file that is not a pickle. Its files: PickleTensor.',
    });
    expect(ids(await asked({ ...named, versionId: 76 }))).toEqual([66, 76, 2]);
  });
});
