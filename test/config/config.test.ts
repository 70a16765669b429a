import { setMaxListeners } from 'node:events';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readConfig, updateConfig, writeConfig } from '../../src/config/config.js';
import type { Config } from '../../src/config/schema.js';
import { createLock } from '../../src/disk/lock.js';
import { ConfigError, FileSystemError } from '../../src/errors.js';
import { type Sandbox, sandbox } from '../harness/sandbox.js';
import { unprivileged } from '../harness/unprivileged.js';

const key = '0123456789abcdef0123456789abcdef';

let box: Sandbox;
beforeEach(async () => {
  box = await sandbox('');
});

const empty: Config = { apiKey: undefined, defaults: {}, aliases: {}, sorters: {} };
const read = () => readConfig(box.config);
const save = (config: Partial<Config>) => writeConfig(box.config, { ...empty, ...config });
const write = (content: string) => box.write('config/config.json', content);
const store = (json: unknown) => write(JSON.stringify(json));

async function refusal(): Promise<Error> {
  const error: unknown = await read().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Error) return error;
  throw new Error('It was not refused.');
}

describe('a configuration', () => {
  it('that is not there is an empty one', async () => {
    await expect(read()).resolves.toEqual(empty);
  });

  it.each<readonly [what: string, config: Partial<Config>]>([
    ['with nothing in it', {}],
    ['with a key', { apiKey: key }],
    ['with aliases', { aliases: { '@models': '/data/models', '@loras': '@models/loras', '@home': '~/x' } }],
    ['with an alias of another system', { aliases: { '@models': 'C:\\models' } }],
    [
      'with sorters',
      { sorters: { mine: { file: 'mine.mjs', description: 'mine' }, short: { template: '{type}' } } },
    ],
    [
      'with defaults, zero and off among them',
      { defaults: { maxImages: 0, withPrompt: false, pauseTime: 0.5 } },
    ],
  ])('%s is read as it was written', async (_what, config) => {
    await save(config);
    expect(await read()).toEqual({ ...empty, ...config });
  });

  it('needs nothing but a version', async () => {
    await store({ version: 2 });
    expect(await read()).toEqual(empty);
  });

  it('may start with the mark that some editors put there', async () => {
    await write('\ufeff{"version": 2}');
    expect(await read()).toEqual(empty);
  });

  it('of version 1 keeps its key and defaults', async () => {
    await store({ version: 1, apiKey: key, defaults: { maxImages: 0, withPrompt: false } });
    expect(await read()).toEqual({ ...empty, apiKey: key, defaults: { maxImages: 0, withPrompt: false } });
  });

  it('is readable by its owner only, and so is its folder', async () => {
    await save({ apiKey: key });
    expect((await stat(box.config)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(box.config))).mode & 0o777).toBe(0o700);
  });

  it('becomes readable by its owner only when it is written anew', async () => {
    await store({ version: 1 });
    await chmod(box.config, 0o644);
    await save({ apiKey: key });
    expect((await stat(box.config)).mode & 0o777).toBe(0o600);
  });

  it('is replaced as a whole, and nothing is left beside it', async () => {
    await save({ apiKey: key, defaults: { maxImages: 7 } });
    await save({ defaults: { nsfwMode: 2 } });
    expect(JSON.parse((await box.read('config/config.json')).toString())).toEqual({
      version: 2,
      defaults: { nsfwMode: 2 },
      aliases: {},
      sorters: {},
    });
    expect(await box.tree('config')).toEqual(['config.json']);
  });

  it('that cannot be written fails with its path', async () => {
    await box.write('config', 'this is no folder');
    const written = save({});
    await expect(written).rejects.toBeInstanceOf(FileSystemError);
    await expect(written).rejects.toThrow(box.config);
  });
});

describe('a configuration that is broken', () => {
  it.each([
    ['cut off', `{"version":1,"apiKey":"${key}`],
    ['without quotes', `{"version":1,"apiKey":${key}}`],
    ['the key alone', key],
    ['empty', ''],
    ['two in one', `{"version":1}{"apiKey":"${key}"}`],
  ])('is told without quoting it: %s', async (_what, text) => {
    await write(text);
    const error = await refusal();
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe(`The configuration ${box.config} is no valid JSON.`);
    expect(`${error.stack} ${String(error.cause)}`).not.toContain(key.slice(0, 8));
    expect((await box.read('config/config.json')).toString()).toBe(text);
  });

  it.each<readonly [what: string, json: unknown, says: string]>([
    [
      'too many images',
      { version: 1, defaults: { maxImages: 201 } },
      'defaults.maxImages: must be a whole number from 0 to 200',
    ],
    [
      'half an image',
      { version: 1, defaults: { maxImages: 1.5 } },
      'defaults.maxImages: must be a whole number from 0 to 200',
    ],
    [
      'a number as text',
      { version: 1, defaults: { pauseTime: '3' } },
      'defaults.pauseTime: must be a number from 0 to 86400',
    ],
    [
      'a pause that is too short',
      { version: 1, defaults: { pauseTime: -1 } },
      'defaults.pauseTime: must be a number from 0 to 86400',
    ],
    [
      'a switch as text',
      { version: 1, defaults: { withPrompt: 'yes' } },
      'defaults.withPrompt: must be true or false',
    ],
    [
      'a switch as number',
      { version: 1, defaults: { withColor: 1 } },
      'defaults.withColor: must be true or false',
    ],
    [
      'nothing for a value',
      { version: 1, defaults: { nsfwMode: null } },
      'defaults.nsfwMode: must be a whole number from 0 to 2',
    ],
    ['an unknown default', { version: 1, defaults: { maxImage: 3 } }, 'unknown field defaults.maxImage'],
    ['an unknown field', { version: 1, colour: 'red' }, 'unknown field colour'],
    ['a field of the Python tool', { version: 2, default: {} }, 'unknown field default'],
    ['defaults that are none', { version: 1, defaults: [] }, 'defaults: '],
    ['a key with a blank', { version: 2, apiKey: 'two words' }, 'apiKey: must be a text without blanks'],
    ['a key that is a number', { version: 1, apiKey: 123456789 }, 'apiKey: '],
    ['an empty key', { version: 1, apiKey: '' }, 'apiKey: '],
    ['an earlier version than the first', { version: 0 }, 'version: '],
    ['a version that is a text', { version: '2' }, 'version: '],
    ['half a version', { version: 1.5 }, 'version: '],
    ['a field of a later version', { version: 1, defaults: {}, colour: 'red' }, 'unknown field colour'],
    ['aliases that are none', { version: 2, aliases: ['@a'] }, 'aliases: '],
    [
      'an alias with a bad name',
      { version: 2, aliases: { 'models/x': '/x' } },
      'aliases.models/x: must be an @ and a name without / and \\',
    ],
    [
      'an alias with a relative path',
      { version: 2, aliases: { '@models': 'models' } },
      'aliases.@models: must be an absolute path, or start with an alias or ~',
    ],
    ['an alias to nothing', { version: 2, aliases: { '@models': null } }, 'aliases.@models: '],
    ['a sorter outside of its folder', { version: 2, sorters: { a: { file: '../a.mjs' } } }, 'sorters.a'],
    ['a sorter of no kind', { version: 2, sorters: { a: {} } }, 'sorters.a'],
    ['no version', {}, 'version: '],
    ['a list', [], 'the whole: '],
    ['null', null, 'the whole: '],
  ])('names file and field: %s', async (_what, json, says) => {
    await store(json);
    const error = await refusal();
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(`The configuration ${box.config} has a wrong value: ${says}`);
    expect(error.message).not.toContain('123456789');
  });

  it('is never told with the key', async () => {
    await store({ version: 1, apiKey: [key], defaults: { maxImages: key } });
    expect((await refusal()).message).not.toContain(key);
  });
});

describe('a configuration of somebody else', () => {
  it('is not read when a newer version has written it', async () => {
    await store({ version: 3, wishes: {} });
    const error = await refusal();
    expect(error).toMatchObject({ name: 'ConfigError', code: 'newer-config' });
    expect(error.message).toContain(`${box.config} is of version 3, written by a newer civitdl`);
  });

  it('is not read when the Python tool has written it', async () => {
    await store({ version: '1', default: { max_images: 3, api_key: key }, sorters: [], aliases: [] });
    const error = await refusal();
    expect(error).toMatchObject({ name: 'ConfigError', code: 'python-config' });
    expect(error.message).toBe(`The configuration ${box.config} is one of the Python civitdl.`);
  });
});

describe('changing the configuration', () => {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const locking = { lock: createLock({ pid: process.pid, isRunning: () => true }), signal };
  const change = (make: (config: Config) => Config | Promise<Config>) =>
    updateConfig(box.config, make, locking);

  it('makes the file and its folder, and leaves nothing else', async () => {
    const changed = await change((config) => ({ ...config, defaults: { maxImages: 7 } }));
    expect(changed).toEqual({ ...empty, defaults: { maxImages: 7 } });
    expect(await read()).toEqual(changed);
    expect(await box.tree('config')).toEqual(['config.json']);
    expect((await stat(dirname(box.config))).mode & 0o777).toBe(0o700);
  });

  it('brings a file of version 1 to this one, with all that was in it', async () => {
    await store({ version: 1, apiKey: key, defaults: { nsfwMode: 2 } });
    await change((config) => ({ ...config, aliases: { '@a': '/a' } }));
    expect(JSON.parse((await box.read('config/config.json')).toString())).toEqual({
      version: 2,
      apiKey: key,
      defaults: { nsfwMode: 2 },
      aliases: { '@a': '/a' },
      sorters: {},
    });
  });

  it('loses nothing, however many do it at once', async () => {
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
    ["the Python tool's", '{"version": "1", "default": {}}'],
    ['empty', ''],
  ])('leaves a file alone that is %s', async (_what, text) => {
    await write(text);
    await expect(change((config) => config)).rejects.toBeInstanceOf(ConfigError);
    expect((await box.read('config/config.json')).toString()).toBe(text);
    expect(await box.tree('config')).toEqual(['config.json']);
  });

  it('leaves the file alone when the change fails', async () => {
    await save({ defaults: { maxImages: 7 } });
    const failed = change(() => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await read()).toEqual({ ...empty, defaults: { maxImages: 7 } });
    expect(await box.tree('config')).toEqual(['config.json']);
  });

  it('fails with the path where its folder can be none', async () => {
    await box.write('config', 'this is no folder');
    await expect(change((config) => config)).rejects.toThrow(`Cannot create ${box.path('config')}: `);
  });
});

describe('a configuration that cannot be read', () => {
  it('because it is a folder fails with its path', async () => {
    await mkdir(box.config, { recursive: true });
    const error = await refusal();
    expect(error).toBeInstanceOf(FileSystemError);
    expect(error.message).toBe(`Cannot read ${box.config}: it is a folder.`);
  });

  it('because its folder is a file fails with its path', async () => {
    await box.write('config', 'x');
    expect((await refusal()).message).toBe(`Cannot read ${box.config}: a part of the path is not a folder.`);
  });

  it('because it is forbidden fails with its path', async () => {
    await store({ version: 1 });
    await chmod(box.config, 0);
    for (const folder of [box.dir, dirname(box.config)]) await chmod(folder, 0o755);
    expect(await unprivileged(refusal)).toMatchObject({
      code: 'not-permitted',
      message: `Cannot read ${box.config}: permission denied.`,
    });
  });
});
