import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { SorterError, UsageError } from '../../src/errors.js';
import { builtIn } from '../../src/sorter/built-in.js';
import { assertNewName } from '../../src/sorter/check-sorter.js';
import { loadSorter, type SorterOrigin } from '../../src/sorter/load.js';
import { sandbox as box, offlineTest as it } from '../harness/fixture.js';

const source = (description: string) =>
  `export const description = '${description}'; export const sortModel = () => ['a', 'a', 'a', 'a'];`;
const thread = { timeLimit: 5_000, signal: new AbortController().signal, say: () => {} };

const load = (text: string, added: Readonly<Record<string, SorterOrigin>> = {}) =>
  loadSorter(text, { added: new Map(Object.entries(added)), cwd: box.dir, home: box.path('home') }, thread);

describe('a text means', () => {
  it.each(['basic', 'tags', 'comfyui', 'a1111'])('the built-in sorter %s', async (name) => {
    expect(await load(name)).toEqual({ reference: name, ...builtIn.get(name) });
  });

  it('a template where it has braces, whatever else it looks like', async () => {
    const sorter = await load('./{type}.mjs');
    expect(sorter).toMatchObject({ reference: './{type}.mjs', description: 'the template ./{type}.mjs' });
  });

  it('an added file by its name', async () => {
    const path = await box.write('config/sorters/mine.mjs', source('By me'));
    expect(await load('mine', { mine: { path } })).toMatchObject({ reference: 'mine', description: 'By me' });
  });

  it('an added template by its name', async () => {
    expect(await load('mine', { mine: { template: '{type}' } })).toMatchObject({
      reference: 'mine',
      description: 'the template {type}',
    });
  });

  it.each([
    ['a relative path', 'sub/x.mjs', 'sub/x.mjs'],
    ['a relative path with a dot', './sub/x.mjs', 'sub/x.mjs'],
    ['a file in this folder', 'x.mjs', 'x.mjs'],
    ['a file that is called .js', 'x.js', 'x.js'],
    ['a file in the home folder', '~/x.mjs', 'home/x.mjs'],
  ])('a file by %s', async (_what, text, name) => {
    const path = await box.write(name, source('By path'));
    expect(await load(text)).toMatchObject({ reference: path, description: 'By path' });
    expect(await load(path)).toMatchObject({ reference: path });
  });

  it('a built-in or added sorter rather than a file of that name', async () => {
    await box.write('basic', source('By path'));
    expect(await load('basic')).toMatchObject({ description: builtIn.get('basic')?.description });
  });
});

describe('a text that means no sorter', () => {
  const refused = async (text: string, added?: Parameters<typeof load>[1]) => {
    const loading = load(text, added);
    await expect(loading).rejects.toBeInstanceOf(UsageError);
    return loading.then(String, (error: Error) => error.message);
  };

  it('lists those that there are', async () => {
    expect(await refused('nope', { mine: { template: '{type}' } })).toBe(
      "There is no sorter 'nope'. There are basic, tags, comfyui, a1111, mine, the path of a file, and templates like '{type}/{modelName}'.",
    );
  });

  it.each([
    ['tag', 'tags'],
    ['ComfyUI', 'comfyui'],
    ['basik', 'basic'],
    ['min', 'mine'],
  ])('suggests the nearest one for %s', async (text, meant) => {
    expect(await refused(text, { mine: { template: '{type}' } })).toContain(
      `There is no sorter '${text}', did you mean '${meant}'?`,
    );
  });

  it.each(['', ' ', 'constructor', '__proto__', 'toString'])('can be %j', async (text) => {
    expect(await refused(text)).toContain(`There is no sorter '${text}'`);
  });

  it('names the file that is not there', async () => {
    expect(await refused('./none.mjs')).toBe(`There is no sorter file ${box.path('none.mjs')}.`);
  });

  it('names an added file that is gone', async () => {
    const path = box.path('config/sorters/mine.mjs');
    expect(await refused('mine', { mine: { path } })).toBe(`There is no sorter file ${path}.`);
  });

  it('does not take a folder for a file', async () => {
    await mkdir(box.path('x.mjs'));
    expect(await refused('x.mjs')).toContain('There is no sorter file');
  });

  it.each(['sorter.txt', 'sorter.ts', 'sorter.cjs', 'folder/sorter'])('does not take %s', async (name) => {
    await box.write(name, source('By path'));
    expect(await refused(`./${name}`)).toMatch(/is no sorter file: the name of one ends in \.mjs or \.js\.$/);
  });

  it.each(['sort.py', './Sort.PY', '~/sort.py'])(
    'says of %s where to read how to carry it over',
    async (text) => {
      const message = await refused(text);
      expect(message).toContain('is a Python sorter');
      expect(message).toContain('doc/sorter.md');
    },
  );

  it('is a template with an unknown field', async () => {
    expect(await refused('{type}/{foo}')).toContain('there is no field {foo}');
  });

  it('is not a file that is broken: that is its own error', async () => {
    await box.write('x.mjs', 'export const x = 1;');
    await expect(load('./x.mjs')).rejects.toBeInstanceOf(SorterError);
  });
});

describe("a new sorter's name", () => {
  it.each(['mine', 'by-creator', 'by_creator2', '2', 'sortér', '整理', 'x'.repeat(64)])(
    'can be %s',
    (name) => {
      expect(() => assertNewName(name, ['other'])).not.toThrow();
    },
  );

  it.each([
    '',
    ' ',
    'a b',
    'a/b',
    'a\\b',
    '../x',
    '.x',
    'x.mjs',
    '-x',
    '_x',
    '__proto__',
    '{x}',
    'a\0b',
    'a\u202eb',
    'x'.repeat(65),
  ])('cannot be %j', (name) => {
    expect(() => assertNewName(name, [])).toThrow(UsageError);
    expect(() => assertNewName(name, [])).toThrow("can't be a sorter's name");
  });

  it.each(['basic', 'tags', 'comfyui', 'a1111', 'Basic', 'COMFYUI'])(
    'cannot be %s, which is reserved',
    (name) => {
      expect(() => assertNewName(name, [])).toThrow(UsageError);
      expect(() => assertNewName(name, [])).toThrow('reserved');
    },
  );

  it.each(['mine', 'MINE'])('cannot be %s when there is one called mine', (name) => {
    expect(() => assertNewName(name, ['mine'])).toThrow(UsageError);
    expect(() => assertNewName(name, ['mine'])).toThrow('already');
  });
});
