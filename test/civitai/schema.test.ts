import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { ModelFile } from '../../src/civitai/model.js';
import {
  accountSchema,
  createStrictSchemas,
  imagesSchema,
  modelSchema,
  ownersSchema,
  versionSchema,
} from '../../src/civitai/schema.js';
import { corpusModel2024, corpusModels, corpusVersion2024, hasCorpus, noCorpus } from './corpus.js';

type Json = Readonly<Record<string, unknown>>;

const file: Json = { id: 3, name: 'a.safetensors', type: 'Model' };
const image: Json = { url: 'https://image.civitai.com/key/uuid/original=true/456789.jpeg' };
const version: Json = { id: 2, name: 'v2', baseModel: 'SDXL 1.0' };
const model: Json = { id: 1, name: 'Paper Lantern', type: 'LORA' };

const parseModel = (given: Json = {}) => modelSchema.parse({ ...model, ...given });
const parseVersion = (given: Json = {}) => versionSchema.parse({ ...version, ...given });

function parseFile(given: Json = {}): ModelFile {
  const [parsed] = parseVersion({ files: [{ ...file, ...given }] }).files;
  if (!parsed) throw new Error('The file is missing.');
  return parsed;
}

const parseImage = (given: Json = {}) => parseVersion({ images: [{ ...image, ...given }] }).images[0];

/** Returns the paths of the invalid values. */
function issuePaths(schema: z.ZodType, json: unknown): readonly string[] {
  const { error } = schema.safeParse(json);
  return error?.issues.map(({ path }) => path.join('.')) ?? [];
}

describe('real responses', () => {
  it('of 2023 are valid and kept unchanged', ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const texts = corpusModels();
    expect(texts.length).toBe(299);
    for (const text of texts) {
      const json: { id: number; name: string; modelVersions: Json[] } = JSON.parse(text);
      const parsed = modelSchema.parse(JSON.parse(text));
      expect(JSON.stringify(parsed.json)).toBe(JSON.stringify(json));
      expect(parsed.versions.map((each) => JSON.stringify(each.json))).toEqual(
        json.modelVersions.map((each) => JSON.stringify(each)),
      );
      expect(parsed).toMatchObject({ id: json.id, name: json.name });
    }
  });

  it('of 2023 have whole sizes, hashes in upper case and levels', ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const versions = corpusModels().flatMap((text) => modelSchema.parse(JSON.parse(text)).versions);
    const files = versions.flatMap((each) => each.files);
    expect(versions.length).toBe(528);
    expect(files.length).toBe(814);
    for (const { size, hashes } of files) {
      expect(Number.isSafeInteger(size)).toBe(true);
      expect(hashes.get('SHA256')).toMatch(/^[0-9A-F]{64}$/);
      expect(hashes.get('SHA256')?.slice(0, 10)).toBe(hashes.get('AutoV2'));
    }
    for (const { nsfwLevel } of versions.flatMap((each) => each.images))
      expect([1, 2, 4, 8, 32]).toContain(nsfwLevel);
  });

  it('have nothing that is left out', ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const strict = createStrictSchemas();
    for (const text of [...corpusModels(), corpusModel2024()])
      expect(issuePaths(strict.model, JSON.parse(text))).toEqual([]);
    expect(issuePaths(strict.version, JSON.parse(corpusVersion2024()))).toEqual([]);
  });

  it('of 2024 are valid and kept unchanged', ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const parsed = modelSchema.parse(JSON.parse(corpusModel2024()));
    const own = versionSchema.parse(JSON.parse(corpusVersion2024()));
    expect(JSON.stringify(parsed.json)).toBe(JSON.stringify(JSON.parse(corpusModel2024())));
    expect(JSON.stringify(own.json)).toBe(JSON.stringify(JSON.parse(corpusVersion2024())));
    expect(parsed).toMatchObject({ nsfwLevel: 3, versions: [{ files: [{ primary: true }] }] });
    expect(own).toMatchObject({ id: 399893, modelId: 357756 });
    expect(own.images[0]?.json.meta).toBeTypeOf('object');
  });
});

describe('a model', () => {
  it('needs id, name and type only', () => {
    expect(parseModel()).toEqual({
      id: 1,
      name: 'Paper Lantern',
      type: 'LORA',
      mode: undefined,
      creator: undefined,
      tags: [],
      nsfwLevel: 0,
      versions: [],
      json: model,
    });
  });

  it.each([
    ['null for everything optional', { tags: null, modelVersions: null, creator: null, mode: null }],
    ['empty lists', { tags: [], modelVersions: [] }],
    ['a creator without a name', { creator: { username: null, image: null } }],
    ['an unknown mode', { mode: 'Hibernating' }],
    ['a level that is not a number', { nsfwLevel: 'PG' }],
  ])('is the same with %s', (_what, given) => {
    expect({ ...parseModel(given), json: model }).toEqual(parseModel());
  });

  it.each([
    ['in the text of an array', '{Image,RentCivit}'],
    ['in the text of an empty array', '{}'],
    ['in an array', ['Image', 'Rent']],
    ['in one word', 'None'],
    ['in nothing', null],
    ['in an empty array', []],
  ])('keeps its commercial use %s', (_what, allowCommercialUse) => {
    expect(parseModel({ allowCommercialUse }).json.allowCommercialUse).toBe(allowCommercialUse);
  });

  it('can have an unknown type', () => {
    expect(parseModel({ type: 'Hologram' }).type).toBe('Hologram');
  });

  it('has creator, tags, mode and level', () => {
    const given = {
      creator: { username: 'inkmaker', image: null },
      tags: ['style', 'ink'],
      mode: 'Archived',
      nsfwLevel: 29,
    };
    expect(parseModel(given)).toMatchObject({ ...given, creator: 'inkmaker' });
  });

  it('keeps its JSON in the order of its keys, with unknown ones', () => {
    const text =
      '{"zeta":{"b":1,"a":[null,{}]},"type":"LORA","name":"x","modelVersions":[{"new":1,"name":"v","id":2}],"id":1}';
    const parsed = modelSchema.parse(JSON.parse(text));
    expect(JSON.stringify(parsed.json)).toBe(text);
    expect(JSON.stringify(parsed.versions[0]?.json)).toBe('{"new":1,"name":"v","id":2}');
  });
});

describe('a version', () => {
  it.each([
    ['absent', {}],
    ['null', { files: null, images: null, modelId: null, paidAccess: null, usageControl: null, model: null }],
    ['empty', { files: [], images: [] }],
  ])('can have everything but its name %s', (_what, given) => {
    expect({ ...parseVersion(given), json: {} }).toEqual({
      id: 2,
      name: 'v2',
      baseModel: 'SDXL 1.0',
      modelId: undefined,
      usageControl: undefined,
      paidAccess: undefined,
      model: undefined,
      files: [],
      images: [],
      json: {},
    });
  });

  it.each([undefined, null])('with base model %s has base model Other', (baseModel) => {
    expect(parseVersion({ baseModel }).baseModel).toBe('Other');
  });

  it.each([null, 'Standard', 'Pix2Pix', 'Telepathy', 7])('keeps its base model type %s', (baseModelType) => {
    expect(parseVersion({ baseModelType }).json.baseModelType).toBe(baseModelType);
  });

  it('can have an unknown base model and usage control', () => {
    const given = { baseModel: 'SDXL 9000', usageControl: 'Telepathy' };
    expect(parseVersion(given)).toMatchObject(given);
  });

  it('has the name and type of its model', () => {
    const given = { modelId: 7, model: { name: 'Paper Lantern', type: 'LORA', nsfw: false, poi: false } };
    expect(parseVersion(given)).toMatchObject({ modelId: 7, model: { name: 'Paper Lantern', type: 'LORA' } });
  });

  it.each([
    [
      'with the letter of its time zone',
      { permanent: false, endsAt: '2026-09-01T10:00:00.000Z' },
      '2026-09-01T10:00:00.000Z',
    ],
    ['without a time zone', { permanent: false, endsAt: '2026-09-01T10:00:00' }, '2026-09-01T10:00:00.000Z'],
    [
      'with another time zone',
      { permanent: false, endsAt: '2026-09-01T10:00:00+02:00' },
      '2026-09-01T08:00:00.000Z',
    ],
    ['as a day', { endsAt: '2026-09-01' }, '2026-09-01T00:00:00.000Z'],
    ['as a day, without a mark', { permanent: null, endsAt: '2026-09-01' }, '2026-09-01T00:00:00.000Z'],
    ['never', { permanent: true, endsAt: null }, undefined],
    ['never, whatever its end is', { permanent: true, endsAt: '2020-01-01T00:00:00.000Z' }, undefined],
    ['at an unknown time', { permanent: false, endsAt: null }, undefined],
    ['at an unknown time, without an end', { permanent: false }, undefined],
    ['at an unknown time, with an invalid end', { endsAt: 'soon' }, undefined],
  ])('becomes free %s', (_what, paidAccess, endsAt) => {
    expect(parseVersion({ paidAccess }).paidAccess?.endsAt?.toISOString()).toBe(endsAt);
    expect(parseVersion({ paidAccess }).paidAccess).toBeDefined();
  });
});

describe('a version has no paid access', () => {
  it.each([undefined, null, {}, [], { permanent: null, endsAt: null }, 'x', 7])('with %j', (paidAccess) => {
    expect(parseVersion({ paidAccess }).paidAccess).toBeUndefined();
  });
});

describe('a version has the id of its model', () => {
  const air = 'urn:air:sdxl:lora:civitai:7@2';
  it.each([
    ['from its own field', { modelId: 7 }, 7],
    ['from its AIR', { air }, 7],
    ['from its AIR if the field is odd', { modelId: 'x', air }, 7],
    ['from its field rather than its AIR', { modelId: 8, air }, 8],
    ['from nowhere', { air: 'urn:air:sdxl:lora:huggingface:7@2' }, undefined],
    ['from nowhere, with an invalid AIR', { air: '::' }, undefined],
  ])('%s', (_what, given, modelId) => {
    expect(parseVersion(given).modelId).toBe(modelId);
  });
});

describe('a file', () => {
  it.each([
    ['absent', {}],
    ['null', { sizeKB: null, metadata: null, hashes: null, primary: null, downloadUrl: null }],
    ['empty', { metadata: {}, hashes: {} }],
    [
      'full of nulls',
      { metadata: { format: null, size: null, fp: null, quantType: null }, hashes: { SHA256: null } },
    ],
  ])('can have everything but id, name and type %s', (_what, given) => {
    expect(parseFile(given)).toEqual({
      id: 3,
      name: 'a.safetensors',
      type: 'Model',
      size: undefined,
      format: undefined,
      precision: undefined,
      variant: undefined,
      quantType: undefined,
      hashes: new Map(),
      primary: false,
      downloadUrl: undefined,
    });
  });

  it.each([
    [147570.041015625, 151_111_722],
    [2082642.474609375, 2_132_625_894],
    [0.0009765625, 1],
    [0, 0],
    [1, 1024],
    [7_519_435.6, 7_699_902_054],
  ])('of %d KiB has %d bytes', (sizeKB, size) => {
    expect(parseFile({ sizeKB }).size).toBe(size);
  });

  it.each(['12', -1, Number.NaN])('has no size if it is %s', (sizeKB) => {
    expect(parseFile({ sizeKB }).size).toBeUndefined();
  });

  it('has its hashes in upper case and in their order', () => {
    const { hashes } = parseFile({
      hashes: { AutoV2: '0a1b2c3d4e', SHA256: null, CRC32: '89ABCDEF', New: 'x' },
    });
    expect([...hashes]).toEqual([
      ['AutoV2', '0A1B2C3D4E'],
      ['CRC32', '89ABCDEF'],
      ['New', 'X'],
    ]);
  });

  const sha256 = 'a'.repeat(64);
  it.each([
    ['a SHA256 that is cut', { SHA256: sha256.slice(1) }, []],
    ['a SHA256 with other letters', { SHA256: 'g'.repeat(64) }, []],
    ['a SHA256 that is a number', { SHA256: 12, AutoV1: 'ab' }, [['AutoV1', 'AB']]],
    ['a CRC32 that is too long', { CRC32: '0123456789' }, []],
    ['a BLAKE3 that is an object', { BLAKE3: {} }, []],
    ['an AutoV3 with 64 digits', { AutoV3: sha256 }, [['AutoV3', sha256.toUpperCase()]]],
    ['a list', ['x'], []],
    ['a text', 'x', []],
  ])('has no other hashes than valid ones, with %s', (_what, hashes, valid) => {
    expect([...parseFile({ hashes }).hashes]).toEqual(valid);
  });

  it.each([
    ['primary', { primary: true }, 'Model'],
    ['another', {}, 'Other'],
  ])('without a type is %s', (_what, given, type) => {
    expect(parseFile({ ...given, type: null }).type).toBe(type);
  });

  it('can have unknown properties', () => {
    const metadata = { format: 'Crystal', fp: 'fp1', size: 'huge', quantType: 'Q99', isRequired: true };
    expect(parseFile({ type: 'Aura', metadata, primary: true, downloadUrl: 'x' })).toMatchObject({
      type: 'Aura',
      format: 'Crystal',
      precision: 'fp1',
      variant: 'huge',
      quantType: 'Q99',
      primary: true,
      downloadUrl: 'x',
    });
  });
});

describe('an image', () => {
  it.each([
    ['a number', { nsfwLevel: 16 }, 16],
    ['a word instead of the number', { nsfwLevel: 'Soft' }, 2],
    ['the number next to the word', { nsfwLevel: 'X', browsingLevel: 16 }, 16],
    ['the word None of 2023', { nsfw: 'None' }, 1],
    ['the word Soft of 2023', { nsfw: 'Soft' }, 2],
    ['the word Mature of 2023', { nsfw: 'Mature' }, 4],
    ['the word X of 2023', { nsfw: 'X' }, 8],
    ['the word Blocked', { nsfwLevel: 'Blocked' }, 32],
    ['an unknown word', { nsfwLevel: 'Wild' }, 0],
    ['a boolean', { nsfw: true }, 0],
    ['nothing', {}, 0],
    ['null', { nsfwLevel: null, browsingLevel: null, nsfw: null }, 0],
  ])('has its level from %s', (_what, given, nsfwLevel) => {
    expect(parseImage(given)?.nsfwLevel).toBe(nsfwLevel);
  });

  it('has no level from the name of a property that every object has', () => {
    expect(parseImage({ nsfw: 'constructor' })?.nsfwLevel).toBe(0);
  });

  it.each([
    ['video', 'video'],
    ['audio', 'audio'],
    ['image', 'image'],
    ['hologram', 'image'],
    [null, 'image'],
    [undefined, 'image'],
  ])('of type %s is one of type %s', (given, type) => {
    expect(parseImage({ type: given })?.type).toBe(type);
  });

  it('keeps its JSON with any generation data', () => {
    const meta = { seed: '12', comfy: '{"a": NaN}', resources: [null], prompt: 'lantern' };
    expect(parseImage({ hasMeta: false, meta })?.json).toEqual({ ...image, hasMeta: false, meta });
    expect(parseImage({ meta: null })?.json).toEqual({ ...image, meta: null });
  });

  it('is valid in a page of its own route', () => {
    const items = [{ id: 456789, ...image, nsfwLevel: 'Mature', browsingLevel: 4, meta: { prompt: 'x' } }];
    const page = imagesSchema.parse({ items, metadata: { nextCursor: 'x' } });
    expect(page.items).toEqual([{ url: image.url, type: 'image', nsfwLevel: 4, json: items[0] }]);
    expect(imagesSchema.parse({})).toEqual({ items: [] });
  });
});

describe('an account', () => {
  it('has an optional name and status', () => {
    expect(accountSchema.parse({ id: 4, username: 'x', status: 'active', tier: 'free' })).toMatchObject({
      username: 'x',
      status: 'active',
    });
    expect(accountSchema.parse({ username: 'x', status: null })).toEqual({
      username: 'x',
      status: undefined,
    });
    expect(accountSchema.parse({ id: 4, username: 5, status: [] })).toEqual({});
    for (const wrong of ['x', null, []]) expect(accountSchema.safeParse(wrong).success).toBe(false);
  });
});

describe('owners of files', () => {
  const owner = { modelId: 1, modelVersionId: 2, hash: 'AB', more: true };

  it.each([null, 1, 'x', [], {}, { ...owner, modelId: 0 }, { ...owner, hash: null }])(
    'are left out if they are odd: %j',
    (odd) => {
      const { more, ...read } = owner;
      expect(ownersSchema.parse([odd, owner, owner])).toEqual([read, read]);
    },
  );

  it('are a list', () => {
    for (const wrong of [{}, null, 'x']) expect(ownersSchema.safeParse(wrong).success).toBe(false);
  });
});

/** A model, whose second version has another file, or whose first has another image. */
const withFile = (given: Json) => ({
  ...model,
  modelVersions: [version, { ...version, files: [file, { ...file, ...given }] }],
});
const withImage = (given: Json) => ({
  ...model,
  modelVersions: [{ ...version, images: [{ ...image, ...given }] }],
});

describe('an invalid response', () => {
  it.each<readonly [what: string, json: unknown, where: readonly string[]]>([
    ['text', 'x', ['']],
    ['nothing', undefined, ['']],
    ['null', null, ['']],
    ['an empty list', [], ['']],
    ['an empty object', {}, ['id', 'name']],
    ['an error', { error: 'No model with id 1' }, ['id', 'name']],
    ['an id in quotes', { ...model, id: '1' }, ['id']],
    ['an id that is not an integer', { ...model, id: 1.5 }, ['id']],
    ['the id 0', { ...model, id: 0 }, ['id']],
    ['no name', { ...model, name: null }, ['name']],
  ])('has an issue with its path: %s', (_what, json, where) => {
    expect(issuePaths(modelSchema, json)).toEqual(where);
    expect(issuePaths(createStrictSchemas().model, json)).toEqual(where);
  });
});

describe('an odd element is left out, and told by the strict schema with its path', () => {
  it.each<readonly [what: string, json: unknown, where: readonly string[]]>([
    ['versions that are not a list', { ...model, modelVersions: {} }, ['modelVersions']],
    ['tags that are not text', { ...model, tags: ['x', 1] }, ['tags.1']],
    ['a version that is a text', { ...model, modelVersions: ['x'] }, ['modelVersions.0']],
    ['a version without id', { ...model, modelVersions: [version, { name: 'v' }] }, ['modelVersions.1.id']],
    ['a file without id', withFile({ id: null }), ['modelVersions.1.files.1.id']],
    ['a file without name', withFile({ name: undefined }), ['modelVersions.1.files.1.name']],
    [
      'a hash that is a number',
      withFile({ hashes: { SHA256: 12 } }),
      ['modelVersions.1.files.1.hashes.SHA256'],
    ],
    ['an image without URL', withImage({ url: undefined }), ['modelVersions.0.images.0.url']],
    ['an image with half a URL', withImage({ url: '/x.jpeg' }), ['modelVersions.0.images.0.url']],
    ['a type that is a list', { ...model, type: ['LORA'] }, ['type']],
    ['a level in words', { ...model, nsfwLevel: 'PG' }, ['nsfwLevel']],
    ['a creator that is a text', { ...model, creator: 'x' }, ['creator']],
    ['a size in words', withFile({ sizeKB: '12' }), ['modelVersions.1.files.1.sizeKB']],
    [
      'a hash of another length',
      withFile({ hashes: { CRC32: 'AB' } }),
      ['modelVersions.1.files.1.hashes.CRC32'],
    ],
    ['nothing', withFile({}), []],
  ])('%s', (_what, json, where) => {
    const parsed = modelSchema.parse(json);
    expect(parsed.json).toBe(json);
    expect(parsed).toMatchObject({ id: 1, name: 'Paper Lantern' });
    expect(issuePaths(createStrictSchemas().model, json)).toEqual(where);
  });

  it('next to others, which stay', () => {
    const odd = [null, 'x', 7, {}, []];
    const versions = [...odd, { ...version, files: [...odd, file], images: [...odd, image] }];
    const parsed = modelSchema.parse({ ...model, tags: [...odd, 'ink'], modelVersions: versions });
    expect(parsed.tags).toEqual(['x', 'ink']);
    expect(parsed.versions).toMatchObject([{ id: 2, files: [{ id: 3 }], images: [{ url: image.url }] }]);
  });
});
