import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeVersions } from '../../src/civitai/merge-versions.js';
import { modelSchema, versionSchema } from '../../src/civitai/schema.js';
import { type SidecarFormat, sidecarFormats } from '../../src/options/sidecar-formats.js';
import type { SidecarFacts } from '../../src/sidecars/format.js';
import { planSidecars, writeSidecars } from '../../src/sidecars/sidecars.js';
import { htmlToText } from '../../src/sidecars/text.js';
import { corpusModels, hasCorpus, noCorpus } from '../civitai/corpus.js';
import { catalog } from '../fake-civitai/catalog.js';
import { startCivitai } from '../fake-civitai/civitai.js';
import { processorMs } from '../harness/processor-time.js';
import { factsOf, lantern, type Parsed } from './lantern.js';
import { readerProblems } from './readers.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'civitdl-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let count = 0;

/** Writes all sidecars in a new folder, and returns what their readers would not accept. */
async function problemsOf(given: SidecarFacts): Promise<readonly string[]> {
  const path = join(folder, String(++count), 'model.safetensors');
  const facts = { ...given, path };
  const tasks = planSidecars(sidecarFormats, {
    path,
    modelType: facts.modelType,
    hasSha256: facts.hashes.has('SHA256'),
  });
  const warnings: unknown[] = [];
  const context = { lock: join(folder, 'lock'), warn: (error: unknown) => warnings.push(error) };
  await writeSidecars(tasks, facts, context);
  const texts = tasks.map(({ format, target }) => [format, readFileSync(target, 'utf8')] as const);
  await writeSidecars(tasks, facts, context);
  const changed = tasks.filter(({ target }, index) => readFileSync(target, 'utf8') !== texts[index]?.[1]);
  return [
    ...warnings.map(String),
    ...changed.map(({ format }) => `${format}: a second run writes it again`),
    ...texts.flatMap(([format, text]: readonly [SidecarFormat, string]) =>
      readerProblems(format, text, facts),
    ),
  ];
}

it('all readers accept the sidecars of an invented model', async () => {
  expect(await problemsOf(lantern())).toEqual([]);
});

const hostile: Readonly<Record<string, unknown>> = {
  'line breaks': 'one\ntwo\r\nthree\u2028four',
  quotes: `"double" 'single' \\ back\\slash`,
  HTML: '<p>text</p><script>alert("x")</script><a href="https://civitai.com/models/1">link</a>',
  'unclosed HTML': '<script><!-- <a <li <<<p',
  emoji: '\u{1f3ee} caf\u00e9 \ud800 lone',
  'front matter': '---\nmodelPage: https://example.com\n---',
  YAML: ': {a: [b], *c, &d, "e\n# comment',
  'control characters': 'a\u0000b\u001b[2Jc\u202ed',
  nothing: '',
  blanks: ' \n\t ',
  null: null,
  'a number': 7,
  'a list': ['one', ['two'], 3, null],
  'an object': { a: 1 },
  '100 kB': 'word, '.repeat(17_000),
};

describe.each(Object.entries(hostile))('%s', (_what, text) => {
  const texts = typeof text === 'string' ? text : 'name';

  it('as every text of the responses breaks no reader', async () => {
    const model = {
      name: texts,
      description: text,
      tags: [text, 'x'],
      creator: { username: text },
      nsfw: text,
    };
    const version = { name: texts, description: text, baseModel: text, trainedWords: text, stats: text };
    expect(await problemsOf(lantern({ model, version }))).toEqual([]);
  });

  it('as each trigger word breaks no reader', async () => {
    const words = [text, 'ordinary', text, ` ${texts},`];
    expect(await problemsOf(lantern({ version: { trainedWords: words, createdAt: text } }))).toEqual([]);
  });
});

it('no text and no JSON value breaks a reader', async () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.jsonValue());
  const type = fc.constantFrom('LORA', 'Checkpoint', 'TextualInversion', 'VAE', 'Other');
  await fc.assert(
    fc.asyncProperty(
      anything,
      anything,
      anything,
      fc.string({ unit: 'binary' }),
      type,
      async (one, other, third, name, modelType) => {
        const model = {
          type: modelType,
          name,
          description: one,
          tags: other,
          creator: third,
          allowNoCredit: one,
        };
        const version = {
          name,
          description: other,
          trainedWords: third,
          stats: one,
          createdAt: other,
          extra: one,
        };
        const facts = lantern({ model, version, file: { metadata: third } });
        expect(await problemsOf(facts)).toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
});

it('no existing file makes a merged one break a reader of web UIs, StabilityMatrix, SwarmUI or rgthree', async () => {
  const keys = [
    ...['description', 'notes', 'activation text', 'negative text', 'preferred weight', 'sd version', 'tags'],
    ...['Hashes', 'Tags', 'ImportedAt', 'Stats', 'FileMetadata', 'trainedWords', 'links', 'images', 'raw'],
    ...[
      'modelspec.title',
      'modelspec.description',
      'modelspec.tags',
      'model_name',
      'preview_url',
      'modified',
    ],
    ...['civitai', 'sha256', 'base_model', 'modelDescription', 'file_name', 'size'],
  ];
  const existing = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 2 }));
  await fc.assert(
    fc.asyncProperty(existing, async (json) => {
      const path = join(folder, String(++count), 'model.safetensors');
      mkdirSync(dirname(path));
      const facts = { ...lantern(), path };
      const tasks = planSidecars(sidecarFormats, { path, modelType: 'LORA', hasSha256: true });
      for (const { target } of tasks.filter(({ format }) => jsonFormats.includes(format)))
        writeFileSync(target, JSON.stringify(json));
      const warnings: unknown[] = [];
      const context = { lock: join(folder, 'lock'), warn: (error: unknown) => warnings.push(error) };
      await writeSidecars(tasks, facts, context);
      expect(warnings).toEqual([]);
      for (const { format, target } of tasks)
        expect(fatal(readerProblems(format, readFileSync(target, 'utf8'), facts))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

const jsonFormats: readonly string[] = [
  'a1111',
  'civitai-helper',
  'lora-manager',
  'stability-matrix',
  'swarmui',
  'rgthree',
];

/** A value that another program has set is kept, if only this value is not shown for it, or only by a third program. */
const ONLY_NOT_SHOWN =
  /: (sd version is known|the link is found|the title is short|the button)$|^(stability-matrix|civitai-helper): SwarmUI/;

function fatal(problems: readonly string[]): readonly string[] {
  return problems.filter((one) => !ONLY_NOT_SHOWN.test(one));
}

it('takes little time for any HTML', () => {
  for (const part of ['<script>', '<!--', '<li', '<a', '<br', '&#', '\n'] as const) {
    expect(
      processorMs(() => htmlToText(part.repeat(100_000))),
      part,
    ).toBeLessThan(2_000);
  }
});

it('all readers accept the sidecars of all models of the fake server', async () => {
  const civitai = await startCivitai();
  try {
    const problems: string[] = [];
    let files = 0;
    for (const { model, version } of await published(civitai.url)) {
      for (const file of version.files) {
        files++;
        const found = await problemsOf(factsOf({ model, version, file }));
        problems.push(...found.map((one) => `${model.id} ${one}`));
      }
    }
    expect(problems).toEqual([]);
    expect(files).toBeGreaterThan(80);
  } finally {
    await civitai.close();
  }
});

/** The versions that the server shows, with what both routes say about them. */
async function published(url: string): Promise<readonly Pick<Parsed, 'model' | 'version'>[]> {
  const get = async (path: string) => {
    const response = await fetch(new URL(path, url));
    return response.ok ? await response.json() : undefined;
  };
  const found: Pick<Parsed, 'model' | 'version'>[] = [];
  for (const { id } of catalog) {
    const json = await get(`/api/v1/models/${id}`);
    if (json === undefined) continue;
    const model = modelSchema.parse(json);
    for (const listed of model.versions) {
      const own = await get(`/api/v1/model-versions/${listed.id}`);
      const merged = own === undefined ? listed : mergeVersions(listed, versionSchema.parse(own));
      found.push({ model, version: merged ?? listed });
    }
  }
  return found;
}

it.skipIf(!hasCorpus)(
  `all readers accept the sidecars of all models of the corpus (or: ${noCorpus})`,
  async () => {
    const problems: string[] = [];
    let files = 0;
    for (const text of corpusModels()) {
      const model = modelSchema.parse(JSON.parse(text));
      const [version] = model.versions;
      for (const file of version?.files ?? []) {
        if (!version) continue;
        files++;
        problems.push(
          ...(await problemsOf(factsOf({ model, version, file }))).map((one) => `${model.id} ${one}`),
        );
      }
    }
    expect(problems).toEqual([]);
    expect(files).toBeGreaterThan(299);
  },
);
