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
  parseAliasName,
  resolveAlias,
} from '../../src/config/alias.js';
import { UsageError } from '../../src/errors.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

let context: PathContext;
beforeEach(() => {
  context = { cwd: sandbox.dir, home: '/home/me' };
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
    expect(parseAliasName(typed)).toBe(name);
  });

  it.each(['', '@', 'a/b', '@a\\b', '/', 'a\u0000', 'a\nb', '\u202eb', ' '])('cannot be %j', (typed) => {
    expect(() => parseAliasName(typed)).toThrow(UsageError);
  });
});

describe('the path of an alias', () => {
  it.each([
    ['@models', '/data/models'],
    ['@loras', '/data/models/loras'],
    ['@flux', '/data/models/loras/flux'],
    ['@home', '/home/me/x'],
  ])('%s: %s', (name, path) => {
    expect(resolveAlias(name, aliases, context)).toBe(path);
  });

  it.each([
    ['@a', 'The alias @a refers to itself: @a → @b → @a.'],
    ['@lost', 'The alias @lost refers to @none, which does not exist.'],
  ])('is an error for %s', (name, message) => {
    expect(() => resolveAlias(name, aliases, context)).toThrow(message);
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
    expect(await expandPath(path, aliases, context)).toEqual(expected);
  });

  it.each(['', '.', 'x', '~user', './@flux', 'x/@flux'])(
    '%j is relative to the working folder',
    async (path) => {
      expect(await expandPath(path, aliases, context)).toBe(
        path === '' || path === '.' ? context.cwd : `${context.cwd}/${path.replace('./', '')}`,
      );
    },
  );

  it('may be an existing folder that looks like an alias', async () => {
    await expect(expandPath('@plain/x', aliases, context)).rejects.toThrow(
      '@plain is neither an alias nor a folder here. Existing aliases: @models, ',
    );
    await mkdir(`${context.cwd}/@plain`);
    expect(await expandPath('@plain/x', aliases, context)).toBe(`${context.cwd}/@plain/x`);
    expect(await addAlias({}, { name: 'p', path: '@plain/x' }, context)).toEqual({
      '@p': `${context.cwd}/@plain/x`,
    });
  });
});

describe('aliases', () => {
  it('have dependents', () => {
    expect(dependentAliases(aliases, '@loras')).toEqual(['@flux']);
    expect(dependentAliases(aliases, '@flux')).toEqual([]);
  });

  it('never refer to themselves after any additions and deletions', async () => {
    const name = fc.constantFrom('a', '@b', 'c', 'd');
    const path = fc.oneof(
      fc.constantFrom('/x', '~/y', 'z', '.'),
      fc
        .tuple(name, fc.constantFrom('', '/x', '/..'))
        .map(([alias, subpath]) => `@${alias.replace('@', '')}${subpath}`),
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
              to === undefined
                ? deleteAlias(now, one)
                : await addAlias(now, { name: one, path: to }, context);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        }
        for (const one of Object.keys(now)) {
          try {
            expect(resolveAlias(one, now, context)).toMatch(/^\//);
          } catch (error) {
            // The alias that it refers to may have been deleted.
            expect(String(error)).toMatch(/refers to @\w, which does not exist/);
          }
        }
      }),
    );
  });
});
