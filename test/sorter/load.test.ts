import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { SorterError, UsageError } from '../../src/errors.js';
import { builtInSorters } from '../../src/sorter/built-in.js';
import { loadSorter, type SorterLocation } from '../../src/sorter/load.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

const source = (description: string) =>
  `export const description = '${description}'; export const sortModel = () => ['a', 'a', 'a', 'a'];`;
const options = { env: {}, timeoutMs: 5_000, signal: new AbortController().signal, onLine: () => {} };

const load = (text: string, added: Readonly<Record<string, SorterLocation>> = {}) =>
  loadSorter(
    text,
    { added: new Map(Object.entries(added)), cwd: sandbox.dir, home: sandbox.path('home') },
    options,
  );

describe('a text means', () => {
  it.each([...builtInSorters.keys()])('the built-in sorter %s', async (name) => {
    expect(await load(name)).toEqual({ reference: name, ...builtInSorters.get(name) });
  });

  it('a template if it has braces, even if it looks like a path', async () => {
    const sorter = await load('./{type}.mjs');
    expect(sorter).toMatchObject({ reference: './{type}.mjs', description: 'the template ./{type}.mjs' });
  });

  it('an added file by its name', async () => {
    const path = await sandbox.write('config/sorters/mine.mjs', source('By me'));
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
    ['the path of a .js file', 'x.js', 'x.js'],
    ['a file in the home folder', '~/x.mjs', 'home/x.mjs'],
  ])('a file by %s', async (_what, text, name) => {
    const path = await sandbox.write(name, source('By path'));
    expect(await load(text)).toMatchObject({ reference: path, description: 'By path' });
    expect(await load(path)).toMatchObject({ reference: path });
  });

  it('a built-in or added sorter rather than a file with that name', async () => {
    await sandbox.write('basic', source('By path'));
    expect(await load('basic')).toMatchObject({ description: builtInSorters.get('basic')?.description });
  });
});

describe('an unknown sorter', () => {
  const refused = async (text: string, added?: Parameters<typeof load>[1]) => {
    const loading = load(text, added);
    await expect(loading).rejects.toBeInstanceOf(UsageError);
    return loading.then(String, (error: Error) => error.message);
  };

  it('is an error that lists the available ones', async () => {
    expect(await refused('nope', { mine: { template: '{type}' } })).toBe(
      "Unknown sorter 'nope'. Use one of auto, basic, tags, comfyui, a1111, forge, forge-neo, sdnext, swarmui, stability-matrix, fooocus, mine, the path of a sorter file, or a template like '{type}/{modelName}'.",
    );
  });

  it.each([
    ['tag', 'tags'],
    ['ComfyUI', 'comfyui'],
    ['basik', 'basic'],
    ['min', 'mine'],
  ])('is an error that suggests the closest match of %s', async (text, meant) => {
    expect(await refused(text, { mine: { template: '{type}' } })).toContain(
      `Unknown sorter '${text}'. Did you mean '${meant}'?`,
    );
  });

  it.each(['', ' ', 'constructor', '__proto__', 'toString'])('can be %j', async (text) => {
    expect(await refused(text)).toContain(`Unknown sorter '${text}'.`);
  });

  it('can be a missing file', async () => {
    expect(await refused('./none.mjs')).toBe(`The sorter file ${sandbox.path('none.mjs')} was not found.`);
  });

  it('can be a missing file of an added sorter', async () => {
    const path = sandbox.path('config/sorters/mine.mjs');
    expect(await refused('mine', { mine: { path } })).toBe(`The sorter file ${path} was not found.`);
  });

  it('can be a folder', async () => {
    await mkdir(sandbox.path('x.mjs'));
    expect(await refused('x.mjs')).toBe(`The sorter file ${sandbox.path('x.mjs')} was not found.`);
  });

  it.each(['sorter.txt', 'sorter.ts', 'sorter.cjs', 'folder/sorter'])(
    'can be another file, like %s',
    async (name) => {
      await sandbox.write(name, source('By path'));
      expect(await refused(`./${name}`)).toMatch(
        /is not a sorter file: its name must end in \.mjs or \.js\.$/,
      );
    },
  );

  it.each(['sort.py', './Sort.PY', '~/sort.py'])(
    'can be a Python sorter, %s: the error names the page about converting it',
    async (text) => {
      const message = await refused(text);
      expect(message).toContain('is a Python sorter.');
      expect(message).toContain('doc/sorter.md');
    },
  );

  it('can be a template with an unknown field', async () => {
    expect(await refused('{type}/{foo}')).toContain('unknown field {foo}');
  });

  it('is not a broken file: that is a SorterError', async () => {
    await sandbox.write('x.mjs', 'export const x = 1;');
    await expect(load('./x.mjs')).rejects.toBeInstanceOf(SorterError);
  });
});
