import { mkdir } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect } from 'vitest';
import {
  type Aliases,
  addAlias,
  deleteAlias,
  dependentAliases,
  expandPath,
  type PathContext,
  resolveAlias,
  toAliasName,
} from '../../src/config/alias.js';
import { UsageError } from '../../src/errors.js';
import { sandbox as box, offlineTest as it } from '../harness/fixture.js';

let place: PathContext;
beforeEach(() => {
  place = { cwd: box.dir, home: '/home/me' };
});

const aliases: Aliases = {
  '@models': '/data/models',
  '@loras': '@models/loras',
  '@flux': '@loras/flux',
  '@home': '~/x',
  '@windows': 'C:\\models',
  '@a': '@b',
  '@b': '@a/x',
  '@lost': '@none/x',
};

describe('the name of an alias', () => {
  it.each([
    ['models', '@models'],
    ['@models', '@models'],
    ['@@', '@@'],
    ['ünï 模', '@ünï 模'],
    ['..', '@..'],
    ['__proto__', '@__proto__'],
  ])('%j is %s', (typed, name) => {
    expect(toAliasName(typed)).toBe(name);
  });

  it.each(['', '@', 'a/b', '@a\\b', '/', 'a\u0000', 'a\nb', '\u202eb', ' '])('cannot be %j', (typed) => {
    expect(() => toAliasName(typed)).toThrow(UsageError);
  });
});

describe('where an alias leads', () => {
  it.each([
    ['@models', '/data/models'],
    ['@loras', '/data/models/loras'],
    ['@flux', '/data/models/loras/flux'],
    ['@home', '/home/me/x'],
  ])('%s: %s', (name, path) => {
    expect(resolveAlias(name, aliases, place)).toBe(path);
  });

  it.each([
    ['@a', 'The alias @a leads in a circle: @a → @b → @a.'],
    ['@lost', 'The alias @lost leads to @none, which is no alias.'],
  ])('is nowhere for %s', (name, message) => {
    expect(() => resolveAlias(name, aliases, place)).toThrow(message);
  });
});

describe('a path', () => {
  it.each([
    ['@flux/new', '/data/models/loras/flux/new'],
    ['@flux/', '/data/models/loras/flux/'],
    ['@flux/../x', '/data/models/loras/x'],
    ['@flux\\new', '/data/models/loras/flux\\new'],
    ['~', '/home/me'],
    ['~/a', '/home/me/a'],
    ['/@flux', '/@flux'],
  ])('%s is %s', async (path, absolute) => {
    const expected = absolute.includes('\\')
      ? expect.stringMatching(/^\/data\/models\/loras\/flux/)
      : absolute;
    expect(await expandPath(path, aliases, place)).toEqual(expected);
  });

  it.each(['', '.', 'x', '~user', './@flux', 'x/@flux'])(
    '%j counts from the working folder',
    async (path) => {
      expect(await expandPath(path, aliases, place)).toBe(
        path === '' || path === '.' ? place.cwd : `${place.cwd}/${path.replace('./', '')}`,
      );
    },
  );

  it('may be a folder that looks like an alias, but only one that is there', async () => {
    await expect(expandPath('@plain/x', aliases, place)).rejects.toThrow(
      '@plain is neither an alias nor a folder',
    );
    await mkdir(`${place.cwd}/@plain`);
    expect(await expandPath('@plain/x', aliases, place)).toBe(`${place.cwd}/@plain/x`);
    expect(await addAlias({}, { name: 'p', path: '@plain/x' }, place)).toEqual({
      '@p': `${place.cwd}/@plain/x`,
    });
  });
});

describe('aliases', () => {
  it('know who depends on one', () => {
    expect(dependentAliases(aliases, '@loras')).toEqual(['@flux']);
    expect(dependentAliases(aliases, '@flux')).toEqual([]);
  });

  it('can be added and deleted in any order, and never lead in a circle', async () => {
    const name = fc.constantFrom('a', '@b', 'c', 'd');
    const path = fc.oneof(
      fc.constantFrom('/x', '~/y', 'z', '.'),
      fc
        .tuple(name, fc.constantFrom('', '/x', '/..'))
        .map(([head, rest]) => `@${head.replace('@', '')}${rest}`),
    );
    const step = fc.oneof(
      fc.record({ name, path }),
      name.map((one) => ({ name: one, path: undefined })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        let now: Aliases = {};
        for (const { name: one, path: to } of steps) {
          try {
            now =
              to === undefined ? deleteAlias(now, one) : await addAlias(now, { name: one, path: to }, place);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        }
        for (const one of Object.keys(now)) {
          try {
            expect(resolveAlias(one, now, place)).toMatch(/^\//);
          } catch (error) {
            // What it leads to can have been deleted since.
            expect(String(error)).toMatch(/leads to @\w, which is no alias/);
          }
        }
      }),
    );
  });
});
