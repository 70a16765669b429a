import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeEach, expect, vi } from 'vitest';
import { makeDir, withParentDir } from '../../src/disk/files.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

/** Called after each attempt of the tested code to create a folder, as another process that runs at this moment. */
let other: (path: string) => void = () => {};
/** Attempts of the tested code. */
let attempts = 0;

vi.mock('node:fs', async (load) => {
  const actual = await load<typeof import('node:fs')>();
  return {
    ...actual,
    mkdirSync: (path: string, options: object) => {
      if (++attempts > 100) throw new Error('It tries for ever.');
      try {
        return actual.mkdirSync(path, options);
      } finally {
        const meanwhile = other;
        other = () => {};
        meanwhile(path);
      }
    },
  };
});

beforeEach(() => {
  other = () => {};
  attempts = 0;
});

it.each<readonly [what: string, meanwhile: (path: string) => void]>([
  ['nothing', () => {}],
  ['the folder itself', (path) => mkdirSync(path, { recursive: true })],
  ['its parent', (path) => mkdirSync(dirname(path), { recursive: true })],
  ['the parent of its parent', (path) => mkdirSync(dirname(dirname(path)), { recursive: true })],
  ['a folder beside it', (path) => mkdirSync(`${path}-2`, { recursive: true })],
  ['a folder below it', (path) => mkdirSync(`${path}/below`, { recursive: true })],
])('a folder is created while another process creates %s', async (_what, meanwhile) => {
  const path = sandbox.path('a', 'b', 'c', 'd');
  other = meanwhile;
  makeDir(path);
  expect(existsSync(path)).toBe(true);
  other = meanwhile;
  const file = sandbox.path('e', 'f', 'g', 'h', 'file');
  await withParentDir(file, () => writeFileSync(file, ''));
  expect(existsSync(file)).toBe(true);
});

it.runIf(process.platform === 'linux')('a folder that cannot exist is given up at once', () => {
  expect(() => makeDir('/proc/civitdl/a/b')).toThrow(/ENOENT/);
  expect(attempts).toBeLessThan(10);
});
