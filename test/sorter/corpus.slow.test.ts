import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model, ModelFile, ModelVersion } from '../../src/civitai/model.js';
import { modelSchema } from '../../src/civitai/schema.js';
import { caseKey } from '../../src/disk/safe-name.js';
import { plan } from '../../src/download/plan.js';
import { builtIn } from '../../src/sorter/built-in.js';
import { confineToRoot } from '../../src/sorter/directories.js';
import type { Sorter } from '../../src/sorter/sorter.js';
import { templateSorter } from '../../src/sorter/template.js';
import { corpusModelNames, corpusModels, hasCorpus, noCorpus } from '../civitai/corpus.js';
import { fileOf, imageOf, modelOf, versionOf } from '../civitai/samples.js';
import { fileNameProblems } from '../disk/file-name-rules.js';

const root = '/models';
const options = { maxImages: 200, nsfwMode: 2, withPrompt: true, withoutModel: false };

const sorters: readonly (readonly [string, Sorter])[] = [
  ...['basic', 'tags'].map((name) => [name, builtIn.get(name)?.sort as Sorter] as const),
  ...[
    '{baseModel}/{type}/{creator}/{modelName}',
    '{firstTag}/{modelName} ({versionName})',
    '{fileType}/{fileName}',
  ].map((template) => [template, templateSorter(template).sort] as const),
];

/** Everything of a library in which nothing is downloaded twice, with who wants each path. */
class Library {
  readonly #owners = new Map<string, string>();
  readonly #names = new Set<string>();
  readonly clashes: string[] = [];
  files = 0;

  /** A file of a model, and what comes with it; the files of one version share what is the version's. */
  async add(model: Model, version: ModelVersion, file: ModelFile, sort: Sorter): Promise<void> {
    const directories = confineToRoot(await sort(model, version, file, root), root);
    const laid = plan({ model, version, file, directories, options });
    const [metadata, hashes, ...prompts] = laid.documents.map(({ target }) => target);
    const images = laid.images.map(({ directory, stem }) => join(directory, `${stem}.jpeg`));
    const own = `${model.id} ${version.id} ${file.id}`;
    this.files += 1;
    for (const path of [laid.modelFile?.target, hashes]) this.#claim(path, own);
    for (const path of [metadata, ...prompts, ...images]) this.#claim(path, `${model.id} ${version.id}`);
  }

  #claim(path = '', owner: string): void {
    const key = caseKey(path);
    const before = this.#owners.get(key);
    if (before !== undefined && before !== owner) this.clashes.push(`${path}: ${before}, ${owner}`);
    this.#owners.set(key, owner);
    for (const name of relative(root, path).split('/')) this.#names.add(name);
  }

  /** Names that some system would refuse. */
  get refused(): readonly string[] {
    return [...this.#names].filter((name) => fileNameProblems(name).length > 0);
  }
}

describe.each(sorters)('the sorter %s', (_name, sort) => {
  it('loses no file of 299 real models, and makes no name that is refused', async ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const library = new Library();
    for (const line of corpusModels()) {
      const model = modelSchema.parse(JSON.parse(line));
      for (const version of model.versions)
        for (const file of version.files) await library.add(model, version, file, sort);
    }
    expect(library.files).toBe(814);
    expect(library.clashes).toEqual([]);
    expect(library.refused).toEqual([]);
  });

  it('loses no file of models that have all of 5,759 real names, nor of those that share one', async ({
    skip,
  }) => {
    skip(!hasCorpus, noCorpus);
    const library = new Library();
    const names = corpusModelNames();
    for (const [index, name] of [...names, ...names].entries()) {
      const id = index + 1;
      const file = fileOf(id, { name: `${name}.safetensors`, primary: true });
      const version = versionOf(id, { name, baseModel: name, files: [file], images: [imageOf('1')] });
      await library.add(modelOf(id, { name, creator: name, tags: [name] }), version, file, sort);
    }
    expect(library.files).toBe(2 * 5_759);
    expect(library.clashes).toEqual([]);
    expect(library.refused).toEqual([]);
  });
});
