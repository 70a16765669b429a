import { mkdir, symlink } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { assertRootDir } from '../../src/download/root-dir.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const IS_FILE = 'it is a file, not a folder. Choose another folder, or add one if this file is a source.';

/** Folders by what is wrong with them: prepares them, and returns their paths. */
const wrong: readonly (readonly [what: string, make: () => Promise<string>, reason: () => string])[] = [
  ['a file in its place', () => sandbox.write('file', ''), () => IS_FILE],
  [
    'a file above it',
    async () => `${await sandbox.write('file', '')}/a/b`,
    () => `${sandbox.path('file')} is a file, not a folder. Choose another folder.`,
  ],
  [
    'a dead link',
    async () => {
      await symlink(sandbox.path('gone'), sandbox.path('link'));
      return sandbox.path('link');
    },
    () => `it is a link to ${sandbox.path('gone')}, which does not exist. Choose another folder.`,
  ],
  [
    'a dead link above it',
    async () => {
      await symlink('gone', sandbox.path('link'));
      return sandbox.path('link/a');
    },
    () => `${sandbox.path('link')} is a link to gone, which does not exist. Choose another folder.`,
  ],
  [
    'a circle of links',
    async () => {
      await symlink('link', sandbox.path('link'));
      return sandbox.path('link');
    },
    () => 'it leads through links in a circle. Choose another folder.',
  ],
  [
    'a name that is too long',
    async () => sandbox.path('x'.repeat(300)),
    () => 'it cannot be written (the name is too long). Choose another folder.',
  ],
];

describe('a root directory with', () => {
  it.each(wrong)('%s stops a run before anything is asked for', async (_what, make, reason) => {
    const path = await make();
    const message = `Cannot use the root directory ${path}: ${reason()}`;
    expect(() => assertRootDir(path, true)).toThrow(message);
    expect(() => assertRootDir(path, false)).toThrow(message);
    // With -k, the key would be asked for first.
    const { status, stderr } = await runInProcess(['66', '-k', '-o', path], sandbox);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `${message}\n` });
  });
});

it('a root directory that is missing, a folder, or a link to one is fine', async () => {
  await mkdir(sandbox.path('folder'));
  await symlink('folder', sandbox.path('link'));
  for (const name of ['folder', 'link', 'link/new', 'new/er/newest']) assertRootDir(sandbox.path(name), true);
});
