import { setMaxListeners } from 'node:events';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect } from 'vitest';
import { readConfig, updateConfig, writeConfig } from '../../src/config/config.js';
import type { Config } from '../../src/config/schema.js';
import { createLock } from '../../src/disk/lock.js';
import { ConfigError, FileSystemError } from '../../src/errors.js';
import { run } from '../harness/command.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { otherUser, sharedFolder } from '../harness/other-user.js';

const key = '0123456789abcdef0123456789abcdef';

const empty: Config = { apiKey: undefined, defaults: {}, aliases: {}, sorters: {} };
const read = () => readConfig(sandbox.config);
const save = (config: Partial<Config>) => writeConfig(sandbox.config, { ...empty, ...config });
const write = (content: string) => sandbox.write('config/config.json', content);
const store = (json: unknown) => write(JSON.stringify(json));

async function readError(): Promise<Error> {
  const error: unknown = await read().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Error) return error;
  throw new Error('The configuration is valid.');
}

describe('a configuration', () => {
  it('that does not exist is empty', async () => {
    await expect(read()).resolves.toEqual(empty);
  });

  it('is read as it was written', async () => {
    await save({ apiKey: key, defaults: { maxImages: 0 } });
    expect(await read()).toEqual({ ...empty, apiKey: key, defaults: { maxImages: 0 } });
  });

  it('is private, like its folder', async () => {
    await save({ apiKey: key });
    expect((await stat(sandbox.config)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(sandbox.config))).mode & 0o777).toBe(0o700);
  });

  it('becomes private when it is replaced', async () => {
    await store({ version: 1 });
    await chmod(sandbox.config, 0o644);
    await save({ apiKey: key });
    expect((await stat(sandbox.config)).mode & 0o777).toBe(0o600);
  });

  it('is replaced as a whole, without other files', async () => {
    await save({ apiKey: key, defaults: { maxImages: 7 } });
    await save({ defaults: { nsfwMode: 2 } });
    expect(JSON.parse((await sandbox.read('config/config.json')).toString())).toEqual({
      version: 2,
      defaults: { nsfwMode: 2 },
      aliases: {},
      sorters: {},
    });
    expect(await sandbox.tree('config')).toEqual(['config.json']);
  });

  it('that cannot be written is an error with its path', async () => {
    await sandbox.write('config', 'not a folder');
    const written = save({});
    await expect(written).rejects.toBeInstanceOf(FileSystemError);
    await expect(written).rejects.toThrow(sandbox.config);
  });
});

describe('a change of the configuration', () => {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const context = { lock: createLock({ pid: process.pid, isRunning: () => true }), signal };
  const change = (make: (config: Config) => Config | Promise<Config>) =>
    updateConfig(sandbox.config, make, context);

  it('creates the file and its folder, without other files', async () => {
    const changed = await change((config) => ({ ...config, defaults: { maxImages: 7 } }));
    expect(changed).toEqual({ ...empty, defaults: { maxImages: 7 } });
    expect(await read()).toEqual(changed);
    expect(await sandbox.tree('config')).toEqual(['config.json']);
    expect((await stat(dirname(sandbox.config))).mode & 0o777).toBe(0o700);
  });

  it('migrates a file of version 1 with all its values', async () => {
    await store({ version: 1, apiKey: key, defaults: { nsfwMode: 2 } });
    await change((config) => ({ ...config, aliases: { '@a': '/a' } }));
    expect(JSON.parse((await sandbox.read('config/config.json')).toString())).toEqual({
      version: 2,
      apiKey: key,
      defaults: { nsfwMode: 2 },
      aliases: { '@a': '/a' },
      sorters: {},
    });
  });

  it('is complete even if many happen at the same time', async () => {
    const numbers = Array.from({ length: 12 }, (_, index) => index);
    const add = (number: number) =>
      change(async (config) => ({ ...config, aliases: { ...config.aliases, [`@${number}`]: '/x' } }));
    await Promise.all(numbers.map(add));
    expect(Object.keys((await read()).aliases).sort()).toEqual(numbers.map((number) => `@${number}`).sort());
  });

  it.each([
    ['broken', '{"version": 2, "apiKey": '],
    ['wrong', '{"version": 2, "aliases": []}'],
    ['newer', '{"version": 3}'],
    ['of the Python civitdl', '{"version": "1", "default": {}}'],
    ['empty', ''],
  ])('does not touch a file that is %s', async (_what, text) => {
    await write(text);
    await expect(change((config) => config)).rejects.toBeInstanceOf(ConfigError);
    expect((await sandbox.read('config/config.json')).toString()).toBe(text);
    expect(await sandbox.tree('config')).toEqual(['config.json']);
  });

  it('does not touch the file if it fails', async () => {
    await save({ defaults: { maxImages: 7 } });
    const failed = change(() => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await read()).toEqual({ ...empty, defaults: { maxImages: 7 } });
    expect(await sandbox.tree('config')).toEqual(['config.json']);
  });

  it('is an error with the path if the folder cannot be created', async () => {
    await sandbox.write('config', 'not a folder');
    await expect(change((config) => config)).rejects.toThrow(`Cannot create ${sandbox.path('config')}: `);
  });
});

describe('a configuration that cannot be read', () => {
  it.override('sandboxParent', sharedFolder);

  it('because it is a folder is an error with its path', async () => {
    await mkdir(sandbox.config, { recursive: true });
    const error = await readError();
    expect(error).toBeInstanceOf(FileSystemError);
    expect(error.message).toBe(`Cannot read ${sandbox.config}: it is a folder.`);
  });

  it('because its folder is a file is an error with its path', async () => {
    await sandbox.write('config', 'x');
    expect((await readError()).message).toBe(
      `Cannot read ${sandbox.config}: a part of the path is not a folder.`,
    );
  });

  it('because it is forbidden is an error with its path', async ({ skip }) => {
    await store({ version: 1 });
    await chmod(sandbox.config, 0);
    for (const folder of [sandbox.dir, dirname(sandbox.config)]) await chmod(folder, 0o755);
    const { stdout } = await run('civitconfig', ['default', '--json'], sandbox, otherUser(skip));
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'not-permitted',
      message: `Cannot read ${sandbox.config}: permission denied.`,
    });
  });
});
