import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SorterError } from '../../src/errors.js';
import { confineToRoot, parseDirectories } from '../../src/sorter/directories.js';
import { anyCharacter } from '../disk/any-text.js';
import { fileNameProblems } from '../disk/file-name-rules.js';

const root = '/home/me/models';
const inAll = (path: string) => ({ model: path, metadata: path, images: path, prompts: path });
const check = (path: string) => confineToRoot(inAll(path), root).model;

describe('the directories of a sorter', () => {
  it.each([
    ['the root itself', root, root],
    ['the root itself, as an empty text', '', root],
    ['a folder below it', `${root}/a/b`, `${root}/a/b`],
    ['a relative path', 'a/b', `${root}/a/b`],
    ['a path with detours', `${root}/a/../b/./c//d/`, `${root}/b/c/d`],
    ['a name that begins with two dots', `${root}/..a`, `${root}/..a`],
    ['blanks and other letters', `${root}/SDXL 1.0/美露莘`, `${root}/SDXL 1.0/美露莘`],
  ])('can be %s', (_what, path, result) => {
    expect(confineToRoot(inAll(path), root)).toEqual(inAll(result));
  });

  it('are checked one by one', () => {
    const given = { model: 'a', metadata: 'b', images: 'c', prompts: 'd' };
    expect(confineToRoot(given, root)).toEqual({
      model: `${root}/a`,
      metadata: `${root}/b`,
      images: `${root}/c`,
      prompts: `${root}/d`,
    });
    for (const name of ['model', 'metadata', 'images', 'prompts'])
      expect(() => confineToRoot({ ...given, [name]: '../x' }, root)).toThrow(SorterError);
  });

  it.each([
    '..',
    '../models2',
    '../../etc',
    '/',
    '/etc/passwd',
    '/home/me',
    `${root}/../x`,
    `${root}2`,
    'a/../../b',
  ])('are refused outside the root: %s', (path) => {
    expect(() => check(path)).toThrow(SorterError);
    expect(() => check(path)).toThrow(/^The sorter chose .*, which is outside \/home\/me\/models\.$/);
  });

  it.each([
    ['a control character', 'a\0b/c\u001b', `${root}/ab/c`],
    ['a device', 'con/x', `${root}/_con/x`],
    ['a dot at the end', 'SD 1.5 etc./x', `${root}/SD 1.5 etc/x`],
    ['characters that Windows refuses', 'a:b/c?', `${root}/a_b/c_`],
    ['blanks alone', 'a/ /b', `${root}/a/_/b`],
  ])('are made safe: %s', (_what, path, result) => {
    expect(check(path)).toBe(result);
  });

  it('are absolute even if the root is not', () => {
    expect(confineToRoot(inAll('a/b'), 'models')).toEqual(inAll(resolve('models/a/b')));
    expect(confineToRoot(inAll(resolve('models/a')), 'models')).toEqual(inAll(resolve('models/a')));
    expect(() => confineToRoot(inAll('../x'), 'models')).toThrow(SorterError);
  });

  it('have names of an allowed length', () => {
    expect(Buffer.byteLength(check('x'.repeat(300)))).toBe(root.length + 1 + 255);
  });

  it('are refused, or in the root with safe names', () => {
    const segment = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 8 }),
      fc.constantFrom('..', '.', '', 'con', ' ', '/'),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        let path = root;
        try {
          path = check(segments.join('/'));
        } catch (error) {
          if (!(error instanceof SorterError)) throw error;
        }
        expect(`${path}/`.startsWith(`${root}/`)).toBe(true);
        const names = path.slice(root.length).split('/').filter(Boolean);
        expect(names.flatMap(fileNameProblems)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the result of a sorter file', () => {
  const all = { model: 'a', metadata: 'b', images: 'c', prompts: 'd' };
  const read = (returned: unknown) => parseDirectories(returned, 'mine');

  it.each<readonly [what: string, returned: unknown]>([
    ['an object', all],
    ['an object with more in it', { ...all, model_dir_path: 'x' }],
    ['a list', ['a', 'b', 'c', 'd']],
  ])('can be %s', (_what, returned) => {
    expect(read(returned)).toEqual(all);
  });

  it.each<readonly [what: string, returned: unknown, missing: string]>([
    ['nothing', undefined, 'model'],
    ['null', null, 'model'],
    ['a text', '/models/a', 'model'],
    ['a number', 3, 'model'],
    ['an empty list', [], 'model'],
    ['a list of three', ['a', 'b', 'c'], 'prompts'],
    ['a list of lists', [['a'], 'b', 'c', 'd'], 'model'],
    ['an object without one', { ...all, images: undefined }, 'images'],
    ['a number for one', { ...all, prompts: 0 }, 'prompts'],
    ['null for one', { ...all, metadata: null }, 'metadata'],
    ['an object for one', { ...all, metadata: { path: 'b' } }, 'metadata'],
  ])('cannot be %s', (_what, returned, missing) => {
    expect(() => read(returned)).toThrow(SorterError);
    expect(() => read(returned)).toThrow(
      `The sorter mine did not return a string for '${missing}'. It must return { model, metadata, images, prompts }.`,
    );
  });

  it('is refused, or has four strings', () => {
    fc.assert(
      fc.property(fc.anything(), (returned) => {
        try {
          expect(Object.values(read(returned)).map((one) => typeof one)).toEqual(Array(4).fill('string'));
        } catch (error) {
          expect(error).toBeInstanceOf(SorterError);
        }
      }),
      { numRuns: 100 },
    );
  });
});
