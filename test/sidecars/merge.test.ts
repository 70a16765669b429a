import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect } from 'vitest';
import { type SidecarFormat, sidecarFormats } from '../../src/options/sidecar-formats.js';
import { planSidecars, writeSidecars } from '../../src/sidecars/sidecars.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { lantern, sha256, tensorSha256 } from './lantern.js';

type Json = Record<string, unknown>;

const jsonFormats = sidecarFormats.filter((format) => !['sha256', 'model-manager'].includes(format));

/** Writes the sidecar of a format, perhaps over an existing one. */
async function write(format: SidecarFormat, existing?: string | Uint8Array) {
  const path = sandbox.path('loras/model.safetensors');
  mkdirSync(dirname(path), { recursive: true });
  const tasks = planSidecars([format], { path, modelType: 'LORA', hasSha256: true });
  const target = tasks[0]?.target ?? '';
  if (existing !== undefined) writeFileSync(target, existing);
  const warnings: string[] = [];
  const warn = (error: Error) => warnings.push(error.message);
  const run = () => writeSidecars(tasks, { ...lantern(), path }, { lock: sandbox.path('lock'), warn });
  return { target, warnings, run, read: () => readFileSync(target) };
}

async function merged(format: SidecarFormat, existing: Json): Promise<Json> {
  const { run, read, warnings } = await write(format, JSON.stringify(existing));
  await run();
  expect(warnings).toEqual([]);
  return JSON.parse(read().toString());
}

interface Row {
  readonly format: SidecarFormat;
  readonly existing: Json;
  /** What is there afterwards, among other values. */
  readonly after: Json;
}

const words = ['copper lantern', 'dusk glow'];

const rows: Readonly<Record<string, Row>> = {
  'the edits of a user of A1111': {
    format: 'a1111',
    existing: {
      description: 'mine',
      'activation text': 'my words',
      'preferred weight': 0.7,
      notes: 'n',
      'sd version': 'SD1',
      vae: 'v',
      'negative text': 'bad',
    },
    after: {
      description: 'mine',
      'activation text': 'my words',
      'preferred weight': 0.7,
      notes: 'n',
      'sd version': 'SD1',
      vae: 'v',
      'negative text': 'bad',
      modelId: 7000001,
      sha256,
    },
  },
  'what Browser+ wrote for an unknown file': {
    format: 'a1111',
    existing: { modelId: 'Model not found', sha256: 'AB', unpackList: ['a.png'], extensions: { x: 1 } },
    after: {
      modelId: 7000001,
      sha256,
      unpackList: ['a.png'],
      extensions: { x: 1 },
      'activation text': words.join(', '),
    },
  },
  'the record of SD.Next with all versions': {
    format: 'a1111',
    existing: {
      id: 7000001,
      description: '<p>Warm</p>',
      modelVersions: [{ id: 9 }, { id: 7000002 }],
      stats: { a: 1 },
    },
    after: {
      description: '<p>Warm</p>',
      modelVersions: [expect.objectContaining({ id: 7000002 })],
      stats: { a: 1 },
    },
  },
  'values that make the pages of web UIs fail': {
    format: 'a1111',
    existing: {
      'activation text': ['one', 'two'],
      'negative text': null,
      'preferred weight': '0.5',
      notes: { a: 1 },
      description: 'x',
    },
    after: {
      'activation text': 'one, two',
      'negative text': '',
      'preferred weight': 0.5,
      notes: '{"a":1}',
      description: 'x',
    },
  },
  'words of several lines': {
    format: 'a1111',
    existing: { 'activation text': 'one\ntwo' },
    after: { 'activation text': 'one two' },
  },
  'an older version of Civitai-Helper': {
    format: 'civitai-helper',
    existing: { id: 1, trainedWords: ['old'], extensions: { sd_civitai_helper: { version: '1' } }, mine: 7 },
    after: { id: 7000002, trainedWords: words, extensions: { sd_civitai_helper: { version: '1' } }, mine: 7 },
  },
  'pictures that Civitai-Helper has stored': {
    format: 'civitai-helper',
    existing: {
      images: [
        { url: 'https://image.civitai.com/x/original=true/7300001.jpeg', local_file: 'a.png' },
        { url: 'gone' },
      ],
    },
    after: { images: [expect.objectContaining({ local_file: 'a.png', nsfwLevel: 1 })] },
  },
  'the edits of a user of Lora-Manager': {
    format: 'lora-manager',
    existing: {
      model_name: 'Mine',
      tags: ['own'],
      notes: 'n',
      favorite: true,
      exclude: true,
      usage_tips: '{"strength":1}',
      modified: 5,
      preview_nsfw_level: 4,
      base_model: 'Pony',
      preview_url: '/a/b.png',
      _private: 1,
      civitai: { trainedWords: ['w'], customImages: [{ id: 'x' }] },
    },
    after: {
      model_name: 'Mine',
      tags: ['own'],
      notes: 'n',
      favorite: true,
      exclude: true,
      usage_tips: '{"strength":1}',
      modified: 5,
      preview_nsfw_level: 4,
      base_model: 'Pony',
      preview_url: '/a/b.png',
      _private: 1,
      sha256: sha256.toLowerCase(),
      civitai: expect.objectContaining({
        trainedWords: ['w'],
        customImages: [{ id: 'x' }],
        id: 7000002,
        modelId: 7000001,
      }),
    },
  },
  'a file of Lora-Manager that lost required values': {
    format: 'lora-manager',
    existing: {
      preview_url: '',
      modified: 'yesterday',
      tags: 'x',
      model_name: null,
      hf_url: 'h',
      civitai: [],
    },
    after: {
      preview_url: expect.stringMatching(/model\.preview\.jpeg$/),
      modified: 1772445600,
      tags: ['style', 'light'],
      model_name: 'Copper Lantern Style',
      base_model: 'Illustrious',
      hf_url: 'h',
      file_name: 'model',
      size: 228450816,
    },
  },
  'the choices of a user of StabilityMatrix': {
    format: 'stability-matrix',
    existing: {
      UserTitle: 'Mine',
      ThumbnailImageUrl: 't',
      InferenceDefaults: { a: 1 },
      ImportedAt: '2025-01-01T00:00:00+02:00',
      ModelName: 'old',
      Hashes: null,
      Newer: 1,
    },
    after: {
      UserTitle: 'Mine',
      ThumbnailImageUrl: 't',
      InferenceDefaults: { a: 1 },
      ImportedAt: '2025-01-01T00:00:00+02:00',
      ModelName: 'Copper Lantern Style',
      Hashes: expect.objectContaining({ SHA256: sha256 }),
      Newer: 1,
    },
  },
  'a date that StabilityMatrix cannot read': {
    format: 'stability-matrix',
    existing: { ImportedAt: '0' },
    after: { ImportedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+\+00:00$/) },
  },
  'what a user has edited in SwarmUI': {
    format: 'swarmui',
    existing: {
      'modelspec.title': 'Mine',
      'modelspec.description': 'own',
      'modelspec.trigger_phrase': '',
      'modelspec.tags': ['a', 'b'],
      'modelspec.hash_sha256': '0xold',
      'modelspec.architecture': 'x',
      other: 1,
    },
    after: {
      'modelspec.title': 'Mine',
      'modelspec.description': 'own',
      'modelspec.trigger_phrase': words.join('; '),
      'modelspec.tags': 'a, b',
      'modelspec.hash_sha256': `0x${tensorSha256}`,
      'modelspec.architecture': 'x',
      other: 1,
    },
  },
  'the words and notes of a user of rgthree': {
    format: 'rgthree',
    existing: {
      name: 'Mine',
      userNote: 'n',
      strengthMin: 1,
      trainedWords: [{ word: 'w', user: true }],
      raw: { metadata: { a: 1 }, own: 2 },
      images: 'none',
    },
    after: {
      name: 'Mine',
      userNote: 'n',
      strengthMin: 1,
      trainedWords: [{ word: 'w', user: true }],
      sha256: sha256.toLowerCase(),
      raw: expect.objectContaining({
        own: 2,
        metadata: { ss_output_name: 'copper_lantern' },
        civitai: expect.objectContaining({ id: 7000002 }),
      }),
      images: [],
    },
  },
};

describe('an existing sidecar', () => {
  it.each(Object.entries(rows))('with %s is merged', async (_what, { format, existing, after }) => {
    expect(await merged(format, existing)).toMatchObject(after);
  });

  it.each(jsonFormats)('of %s keeps unknown values', async (format) => {
    const unknown = {
      unknown_to_us: { deep: [1, null, 'x'] },
      'another key': 'caf\u00e9 \u{1f3ee}',
      zero: 0,
      no: false,
    };
    expect(await merged(format, unknown)).toMatchObject(unknown);
  });

  it.each(sidecarFormats)('of %s is not written again, if nothing has changed', async (format) => {
    const { run, target, read } = await write(format);
    await run();
    const before = { inode: statSync(target).ino, text: read().toString() };
    await run();
    expect({ inode: statSync(target).ino, text: read().toString() }).toEqual(before);
  });

  it.each(jsonFormats)('of %s is not written again in another order or format', async (format) => {
    const first = await write(format);
    await first.run();
    const entries = Object.entries(JSON.parse(first.read().toString()) as Json).reverse();
    const text = JSON.stringify(Object.fromEntries(entries), null, 7);
    const { run, read } = await write(format, text);
    await run();
    expect(read().toString()).toBe(text);
  });
});

const damaged: readonly (readonly [what: string, content: string | Uint8Array, says: RegExp])[] = [
  ['broken JSON', '{"description": "mine"', /it is not valid JSON/],
  ['a list', '["mine"]', /it is not a JSON object/],
  ['a text', '"mine"', /it is not a JSON object/],
  ['null', 'null', /it is not a JSON object/],
  ['UTF-16', Buffer.from('\ufeff{"a":"mine"}', 'utf16le'), /it is not in UTF-8/],
  ['Latin-1', Buffer.from('{"a":"caf\u00e9"}', 'latin1'), /it is not in UTF-8/],
];

describe.each(jsonFormats)('a file for %s', (format) => {
  it.each(damaged)('with %s is left alone, with a warning', async (_what, content, says) => {
    const { run, read, warnings, target } = await write(format, content);
    await run();
    expect(Buffer.compare(read(), Buffer.from(content))).toBe(0);
    expect(warnings).toEqual([expect.stringMatching(says)]);
    expect(warnings[0]).toContain(target);
  });

  it('that is read-only is left alone, with a warning', async () => {
    const { run, read, warnings, target } = await write(format, '{"mine":1}');
    chmodSync(target, 0o444);
    await run();
    expect(read().toString()).toBe('{"mine":1}');
    expect(warnings).toEqual([`${target} was left as it is, because it is read-only.`]);
  });

  it.each([
    ['empty', ''],
    ['with a byte order mark', '\ufeff{"mine":1}'],
  ])('that is %s gets what its reader needs', async (_what, content) => {
    const { run, read, warnings } = await write(format, content);
    await run();
    expect(warnings).toEqual([]);
    expect(read()[0]).toBe('{'.charCodeAt(0));
    if (content !== '') expect(JSON.parse(read().toString())).toMatchObject({ mine: 1 });
  });
});

describe.each(sidecarFormats.filter((format) => format !== 'model-manager'))(
  'something else named as one of %s',
  (format) => {
    it('that is a folder is left alone, with a warning', async () => {
      const { run, warnings, target } = await write(format);
      mkdirSync(target, { recursive: true });
      await run();
      expect(statSync(target).isDirectory()).toBe(true);
      expect(warnings).toEqual([expect.stringContaining(target)]);
    });

    it.each(['a file', 'nothing'])('that is a link to %s is left alone, with a warning', async (what) => {
      const { run, warnings, target } = await write(format);
      const linked = sandbox.path('linked');
      if (what === 'a file') writeFileSync(linked, '{"mine":1}');
      symlinkSync(linked, target);
      await run();
      expect(lstatSync(target).isSymbolicLink()).toBe(true);
      if (what === 'a file') expect(readFileSync(linked, 'utf8')).toBe('{"mine":1}');
      expect(warnings).toEqual([`${target} was left as it is, because it is a link.`]);
    });

    it('that is a link to a file with the same content costs no warning', async () => {
      const { run, warnings, target, read } = await write(format);
      await run();
      const content = read();
      rmSync(target);
      writeFileSync(sandbox.path('linked'), content);
      symlinkSync(sandbox.path('linked'), target);
      await run();
      expect(warnings).toEqual([]);
    });
  },
);

describe('numbers of the user', () => {
  it('where a reader of web UIs expects a text become a text', async () => {
    const { run, read } = await write(
      'a1111',
      '{"description": 18446744073709551615, "notes": {"a": 1e400}}',
    );
    await run();
    expect(JSON.parse(read().toString())).toMatchObject({
      description: '18446744073709551615',
      notes: '{"a":null}',
    });
  });

  const seeds =
    '{"mine": {"seeds": [18446744073709551615, -9007199254740993, 1e400, 0.5, 7]}, "text": "12345678901234567890"}';

  it.each(jsonFormats)('for %s keep all their digits', async (format) => {
    const { run, read, warnings } = await write(format, seeds);
    await run();
    const text = read().toString().replace(/\s+/g, '');
    expect(text).toContain('"mine":{"seeds":[18446744073709551615,-9007199254740993,1e400,0.5,7]}');
    expect(text).toContain('"text":"12345678901234567890"');
    const { ino } = statSync((await write(format)).target);
    await run();
    expect(statSync((await write(format)).target).ino).toBe(ino);
    expect(warnings).toEqual([]);
  });
});

describe('the hash', () => {
  it('that is read-only is left alone, with a warning', async () => {
    const { run, read, warnings, target } = await write('sha256', 'mine');
    chmodSync(target, 0o444);
    await run();
    expect(read().toString()).toBe('mine');
    expect(warnings).toEqual([`${target} was left as it is, because it is read-only.`]);
  });

  it.each(['', 'ABC', `${sha256}\n`])('replaces %j', async (existing) => {
    const { run, read } = await write('sha256', existing);
    await run();
    expect(read().toString()).toBe(sha256.toLowerCase());
  });
});

describe('notes of a user', () => {
  it.each(['md', 'txt'])('in X.%s are never touched', async (extension) => {
    const notes = sandbox.path(`loras/model.${extension}`);
    mkdirSync(dirname(notes), { recursive: true });
    writeFileSync(notes, 'mine');
    const { run, warnings } = await write('model-manager');
    await run();
    expect(readFileSync(notes, 'utf8')).toBe('mine');
    expect(await sandbox.tree('loras')).toEqual([basename(notes)]);
    expect(warnings).toEqual([]);
  });
});

it.each<readonly [format: SidecarFormat, path: string, modelType: string]>([
  ['swarmui', '/m/x.ckpt', 'Checkpoint'],
  ['rgthree', '/m/x.safetensors', 'VAE'],
])('%s has nothing for %s of type %s', (format, path, modelType) => {
  expect(planSidecars([format], { path, modelType, hasSha256: true })).toEqual([]);
});
