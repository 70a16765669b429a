import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model, ModelFile, ModelVersion } from '../../src/civitai/model.js';
import { modelSchema } from '../../src/civitai/schema.js';
import { caseKey } from '../../src/disk/safe-name.js';
import { plan } from '../../src/download/plan.js';
import { builtInSorters } from '../../src/sorter/built-in.js';
import { confineToRoot } from '../../src/sorter/directories.js';
import type { Sorter } from '../../src/sorter/sorter.js';
import { parseTemplate } from '../../src/sorter/template.js';
import { corpusModelNames, corpusModels, hasCorpus, noCorpus } from '../civitai/corpus.js';
import { fileOf, imageOf, modelOf, versionOf } from '../civitai/samples.js';
import { fileNameProblems } from '../disk/file-name-rules.js';

const root = '/models';
const options = { maxImages: 200, nsfwMode: 2, withPrompt: true, withoutModel: false };

const sorters: readonly (readonly [string, Sorter])[] = [
  ...['basic', 'tags'].map((name) => [name, builtInSorters.get(name)?.sort as Sorter] as const),
  ...[
    '{baseModel}/{type}/{creator}/{modelName}',
    '{firstTag}/{modelName} ({versionName})',
    '{fileType}/{fileName}',
  ].map((template) => [template, parseTemplate(template).sort] as const),
];

/** The paths of a library, with the owner of each. */
class Library {
  readonly #owners = new Map<string, string>();
  readonly #names = new Set<string>();
  readonly clashes: string[] = [];
  files = 0;

  /** Adds the paths of a file; those of metadata, prompts and images belong to its version. */
  async add(model: Model, version: ModelVersion, file: ModelFile, sort: Sorter): Promise<void> {
    const directories = confineToRoot(await sort(model, version, file, root), root);
    const planned = plan({ model, version, file, directories, options });
    const [metadata, hashes, ...prompts] = planned.documents.map(({ target }) => target);
    const images = planned.images.map(({ directory, stem }) => join(directory, `${stem}.jpeg`));
    const own = `${model.id} ${version.id} ${file.id}`;
    this.files += 1;
    for (const path of [planned.modelFile?.target, hashes]) this.#claim(path, own);
    for (const path of [metadata, ...prompts, ...images]) this.#claim(path, `${model.id} ${version.id}`);
  }

  #claim(path = '', owner: string): void {
    const key = caseKey(path);
    const other = this.#owners.get(key);
    if (other !== undefined && other !== owner) this.clashes.push(`${path}: ${other}, ${owner}`);
    this.#owners.set(key, owner);
    for (const name of relative(root, path).split('/')) this.#names.add(name);
  }

  /** Names that some system does not allow. */
  get invalidNames(): readonly string[] {
    return [...this.#names].filter((name) => fileNameProblems(name).length > 0);
  }
}

describe.each(sorters)('the sorter %s', (_name, sort) => {
  it('has a valid path of its own for each file of 299 real models', async ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const library = new Library();
    for (const line of corpusModels()) {
      const model = modelSchema.parse(JSON.parse(line));
      for (const version of model.versions)
        for (const file of version.files) await library.add(model, version, file, sort);
    }
    expect(library.files).toBe(814);
    expect(library.clashes).toEqual([]);
    expect(library.invalidNames).toEqual([]);
  });

  it('has a valid path of its own for models with each of 5,759 real names, twice', async ({ skip }) => {
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
    expect(library.invalidNames).toEqual([]);
  });
});
