import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExampleImage, Model, ModelFile, ModelVersion } from '../../src/civitai/model.js';
import { modelSchema } from '../../src/civitai/schema.js';
import { type Plan, type PlanInput, plan } from '../../src/download/plan.js';
import { basic } from '../../src/sorter/basic.js';
import { corpusModels, hasCorpus, noCorpus } from '../civitai/corpus.js';
import { fileOf, imageOf, modelOf, versionOf } from '../civitai/samples.js';
import { anyCharacter } from '../disk/any-text.js';
import { fileNameProblems } from '../disk/file-name-rules.js';

const root = '/models';
const defaults: PlanInput['options'] = { maxImages: 200, nsfwMode: 2, withPrompt: true, withoutModel: false };

interface Given {
  readonly model?: Partial<Model>;
  readonly files?: readonly ModelFile[];
  /** The file to plan; the first by default. */
  readonly file?: ModelFile | undefined;
  readonly images?: readonly ExampleImage[];
  readonly options?: Partial<PlanInput['options']>;
}

/** Plans a file of version 75 of model 66 with the basic sorter. */
function planOf({
  model = {},
  files = [fileOf(1, { primary: true })],
  file,
  images = [],
  options = {},
}: Given): Plan {
  const [first] = files;
  const chosen = file ?? first;
  if (!chosen) throw new Error('There is no file to plan.');
  return planFor(modelOf(66, model), versionOf(75, { files, images }), chosen, { ...defaults, ...options });
}

function planFor(model: Model, version: ModelVersion, file: ModelFile, options = defaults): Plan {
  return plan({ model, version, file, directories: basic(model, version, file, root), options });
}

/** All paths of a plan, an image's with one of the extensions that it may get. */
function targetsOf({ modelFile, documents, images }: Plan): readonly string[] {
  return [
    ...(modelFile ? [modelFile.target] : []),
    ...documents.map(({ target }) => target),
    ...images.map(({ directory, stem }) => join(directory, `${stem}.jpeg`)),
  ];
}

/** Returns the problems with the paths of a plan. */
function problemsOf(result: Plan): readonly string[] {
  const targets = targetsOf(result);
  const keys = targets.map((target) => target.normalize('NFC').toUpperCase().toLowerCase());
  const doubled = keys.filter((key, index) => keys.indexOf(key) !== index);
  const outside = targets.filter((target) => !target.startsWith(`${root}/`) || target.includes('/../'));
  const parts = [...new Set(targets.flatMap((target) => target.slice(root.length + 1).split('/')))];
  const bad = parts.flatMap((name) => fileNameProblems(name).map((problem) => `${name} ${problem}`));
  return [...doubled.map((key) => `${key} twice`), ...outside, ...bad];
}

const primary = fileOf(1, { name: 'anythingV3_fp16.ckpt', primary: true });
const anything = { name: 'anythingV3_fp16' };
const folder = '/models/anythingV3_fp16';
const extra = `${folder}/extra_data-vid_75`;

describe('a plan with the basic sorter', () => {
  it('has the paths that libraries know', () => {
    const result = planOf({
      model: anything,
      files: [primary],
      images: [imageOf('517.jpeg'), imageOf('518.mp4')],
    });
    expect(targetsOf(result)).toEqual([
      `${folder}/anythingV3_fp16-mid_66-vid_75.ckpt`,
      `${extra}/model_dict-mid_66-vid_75.json`,
      `${folder}/anythingV3_fp16-mid_66-vid_75.csv`,
      `${extra}/517-prompt.json`,
      `${extra}/518-prompt.json`,
      `${extra}/517.jpeg`,
      `${extra}/518.jpeg`,
    ]);
  });

  it('requests images as they were uploaded', () => {
    const url = 'https://image.civitai.com/key/uuid/width=450/517.jpeg';
    expect(planOf({ images: [imageOf('', { url })] }).images[0]?.url.href).toBe(
      'https://image.civitai.com/key/uuid/original=true/517.jpeg',
    );
  });

  it.each<
    readonly [
      what: string,
      options: Partial<PlanInput['options']>,
      images: number,
      prompts: number,
      hasFile: boolean,
    ]
  >([
    ['all of it', {}, 3, 3, true],
    ['no images', { maxImages: 0 }, 0, 0, true],
    ['the first images', { maxImages: 2 }, 2, 2, true],
    ['no prompts', { withPrompt: false }, 3, 0, true],
    ['no model file', { withoutModel: true }, 3, 3, false],
    ['safe images only', { nsfwMode: 0 }, 2, 2, true],
    ['the first safe images', { nsfwMode: 0, maxImages: 2 }, 2, 2, true],
  ])('has %s', (_what, options, images, prompts, hasFile) => {
    const given = [imageOf('1.jpeg'), imageOf('2.jpeg', { nsfwLevel: 16 }), imageOf('3.jpeg')];
    const result = planOf({ images: given, options });
    expect(result.images).toHaveLength(images);
    expect(result.documents).toHaveLength(2 + prompts);
    expect(result.modelFile !== undefined).toBe(hasFile);
  });

  it('has documents with hashes, metadata and prompts', () => {
    const hashes = new Map([
      ['AutoV1', 'B62FE676'],
      ['SHA256', 'AB'],
    ]);
    const json = { zeta: 1, id: 66, name: '美露莘' };
    const image = imageOf('517.jpeg', { json: { url: 'x', meta: { prompt: 'lantern' } } });
    const { documents } = planOf({ model: { json }, files: [fileOf(1, { hashes })], images: [image] });
    expect(documents.map(({ content }) => content)).toEqual([
      '{\n  "zeta": 1,\n  "id": 66,\n  "name": "美露莘"\n}\n',
      'hash_name, hash_id\nAutoV1, B62FE676\nSHA256, AB\n',
      '{\n  "url": "x",\n  "meta": {\n    "prompt": "lantern"\n  }\n}\n',
    ]);
  });

  it('has a list of hashes even where there are none', () => {
    expect(planOf({}).documents[1]?.content).toBe('hash_name, hash_id\n');
  });
});

describe("a model file's name", () => {
  const target = (name: string) => basename(planOf({ files: [fileOf(1, { name })] }).modelFile?.target ?? '');

  it.each([
    ['a.b.safetensors', 'a.b-mid_66-vid_75.safetensors'],
    ['no extension', 'no extension-mid_66-vid_75'],
    ['.hidden', '.hidden-mid_66-vid_75'],
    ['a/b\\c.ckpt', 'a_b_c-mid_66-vid_75.ckpt'],
    ['../../x.ckpt', '.._.._x-mid_66-vid_75.ckpt'],
    ['con.ckpt', '_con-mid_66-vid_75.ckpt'],
    ['a.CKPT', 'a-mid_66-vid_75.CKPT'],
    ['a .ckpt', 'a -mid_66-vid_75.ckpt'],
    ['', 'file-1-mid_66-vid_75'],
    ['...', 'file-1-mid_66-vid_75'],
  ])('of %j is %j', (name, file) => {
    expect(target(name)).toBe(file);
  });

  it('keeps its ids and its extension when it is too long', () => {
    const name = target(`${'🦊'.repeat(100)}.safetensors`);
    expect(name).toMatch(/^(🦊)+-mid_66-vid_75\.safetensors$/u);
    expect(fileNameProblems(name)).toEqual([]);
  });
});

describe('files of one version', () => {
  const pruned = fileOf(2, { name: 'anythingV3_fp16.ckpt' });
  const namesOf = (file: ModelFile, files: readonly ModelFile[]) => {
    const result = planOf({ files, file });
    return [result.modelFile?.target, result.documents[1]?.target].map((path) => basename(path ?? ''));
  };

  it('with the same name get their id, except for the primary one', () => {
    const files = [primary, pruned, fileOf(3, { name: 'other.ckpt' })];
    expect(namesOf(primary, files)).toEqual([
      'anythingV3_fp16-mid_66-vid_75.ckpt',
      'anythingV3_fp16-mid_66-vid_75.csv',
    ]);
    expect(namesOf(pruned, files)).toEqual([
      'anythingV3_fp16-mid_66-vid_75-fid_2.ckpt',
      'anythingV3_fp16-mid_66-vid_75-fid_2.csv',
    ]);
  });

  it('with names that differ in case only, or become the same, get their id, too', () => {
    const files = [
      primary,
      fileOf(2, { name: 'ANYTHINGV3_FP16.CKPT' }),
      fileOf(3, { name: 'a:b.pt' }),
      fileOf(4, { name: 'a?b.pt' }),
    ];
    for (const file of files.slice(1)) expect(namesOf(file, files)[0]).toContain(`-fid_${file.id}.`);
  });

  it('with different names get no id', () => {
    const other = fileOf(2, { name: 'other.ckpt' });
    expect(namesOf(other, [primary, other])[0]).toBe('other-mid_66-vid_75.ckpt');
  });

  it('that are lists of hashes themselves get another list', () => {
    const list = fileOf(1, { name: 'x.csv', primary: true });
    expect(namesOf(list, [list])).toEqual(['x-mid_66-vid_75.csv', 'x-mid_66-vid_75-fid_1.csv']);
  });

  const allTargets = (files: readonly ModelFile[]) =>
    files.flatMap((file) => namesOf(file, files).map((name) => name.toLowerCase()));

  it('that differ in their extension only have different lists of hashes', () => {
    const names = allTargets([primary, fileOf(2, { name: 'anythingV3_fp16.safetensors' })]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('with long names that differ at their end only have different paths', () => {
    const names = allTargets([
      primary,
      ...['b', 'c'].map((end, i) => fileOf(i + 2, { name: `${'x'.repeat(240)}${end}.ckpt` })),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('any files of one version', () => {
  const stem = fc.constantFrom('x', 'X', 'x-2', 'x-mid_66-vid_75', 'x'.repeat(240), 'x'.repeat(241), '');
  const extension = fc.constantFrom('.csv', '.CSV', '.ckpt', '.safetensors', '', '.');
  const names = fc.array(
    fc.tuple(stem, extension).map((parts) => parts.join('')),
    { minLength: 1, maxLength: 5 },
  );

  it('never share a path, whichever of them are requested', () => {
    fc.assert(
      fc.property(names, fc.nat(4), (some, marked) => {
        const files = some.map((name, i) => fileOf(i + 1, { name, primary: i === marked }));
        const paths = files.flatMap((file) => {
          const { modelFile, documents } = planOf({ files, file });
          return [modelFile?.target, documents[1]?.target].map((path) => path?.toLowerCase());
        });
        expect(paths).toEqual([...new Set(paths)]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('images of one name', () => {
  const stems = (...names: readonly string[]) =>
    planOf({ images: names.map((name) => imageOf(name)) }).images.map(({ stem }) => stem);

  it.each([
    ['are numbered', ['1.jpeg', '1.jpeg', '1.jpeg'], ['1', '1-2', '1-3']],
    ['are numbered though their extensions differ', ['1.jpeg', '1.png'], ['1', '1-2']],
    ['are numbered though their cases differ', ['a.jpeg', 'A.jpeg'], ['a', 'A-2']],
    ['never get the name of another', ['a', 'a', 'a-2'], ['a', 'a-2', 'a-2-2']],
    ['have a default one if theirs is empty', ['.png', ''], ['image', 'image-2']],
    ['have safe ones', ['..%2F..%2Fetc.png', 'con.png', '%1B.png'], ['.._.._etc', '_con', 'image']],
  ])('%s', (_what, names, expected) => {
    expect(stems(...names)).toEqual(expected);
  });

  it('have prompts with the same number', () => {
    const result = planOf({ images: [imageOf('1.jpeg'), imageOf('1.png')] });
    expect(result.documents.slice(2).map(({ target }) => basename(target))).toEqual([
      '1-prompt.json',
      '1-2-prompt.json',
    ]);
  });

  it('leave room for an extension', () => {
    const [stem = '', second = ''] = stems('x'.repeat(300), 'x'.repeat(301));
    expect(stem).toHaveLength(250);
    expect(second).toHaveLength(250);
    expect(second).toMatch(/-2$/);
  });
});

describe('any plan', () => {
  const text = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.constantFrom(
      'a',
      'A',
      'a-prompt',
      'model_dict-mid_66-vid_75',
      'x.csv',
      '..',
      'con',
      'x'.repeat(300),
      '🦊'.repeat(90),
    ),
  );
  const files = fc
    .array(text, { minLength: 1, maxLength: 4 })
    .map((names) => names.map((name, i) => fileOf(i + 1, { name })));
  const images = fc
    .array(text, { maxLength: 6 })
    .map((names) => names.map((name) => imageOf(encodeURIComponent(name.toWellFormed()))));

  it('has safe and different paths', () => {
    fc.assert(
      fc.property(text, files, images, fc.nat(3), (name, some, examples, index) => {
        const result = planOf({
          model: { name },
          files: some,
          file: some[index % some.length],
          images: examples,
        });
        expect(problemsOf(result)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('with one folder for everything has different paths for an image and the model file', () => {
    const file = fileOf(1, { name: 'a.jpeg' });
    const version = versionOf(75, { files: [file], images: [imageOf('a-mid_66-vid_75.png')] });
    const directories = { model: root, metadata: root, images: root, prompts: root };
    const targets = targetsOf(plan({ model: modelOf(66), version, file, directories, options: defaults }));
    expect(new Set(targets).size).toBe(targets.length);
  });

  it('of a real model has safe and different paths', ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const models = corpusModels().map((line) => modelSchema.parse(JSON.parse(line)));
    const problems = models.flatMap((model) =>
      model.versions.flatMap((version) =>
        version.files.flatMap((file) => problemsOf(planFor(model, version, file))),
      ),
    );
    expect(problems).toEqual([]);
  });

  it('of a real version has different paths for its files', ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const models = corpusModels().map((line) => modelSchema.parse(JSON.parse(line)));
    for (const model of models) {
      for (const version of model.versions) {
        const targets = version.files.map((file) =>
          planFor(model, version, file).modelFile?.target.toLowerCase(),
        );
        if (new Set(targets).size !== targets.length) expect(targets).toEqual([...new Set(targets)]);
      }
    }
  });

  it('uses the folders of its sorter', () => {
    const { modelFile, images: examples } = planOf({ model: anything, images: [imageOf('1')] });
    expect(dirname(modelFile?.target ?? '')).toBe(folder);
    expect(examples[0]?.directory).toBe(extra);
  });
});
