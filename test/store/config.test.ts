import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, FileSystemError } from '../../src/errors.js';
import { readConfig, writeConfig } from '../../src/store/config.js';
import { type Sandbox, sandbox } from '../harness/sandbox.js';
import { unprivileged } from '../harness/unprivileged.js';

const key = '0123456789abcdef0123456789abcdef';

let box: Sandbox;
beforeEach(async () => {
  box = await sandbox('');
});

const read = () => readConfig(box.config);
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
    await expect(read()).resolves.toEqual({ defaults: {} });
  });

  it.each<readonly [what: string, config: Parameters<typeof writeConfig>[1]]>([
    ['with nothing in it', { defaults: {} }],
    ['with a key', { apiKey: key, defaults: {} }],
    [
      'with defaults, zero and off among them',
      { defaults: { maxImages: 0, withPrompt: false, pauseTime: 0.5 } },
    ],
  ])('%s is read as it was written', async (_what, config) => {
    await writeConfig(box.config, config);
    expect(await read()).toEqual({ apiKey: undefined, ...config });
  });

  it('needs no defaults', async () => {
    await store({ version: 1 });
    expect(await read()).toEqual({ apiKey: undefined, defaults: {} });
  });

  it('is readable by its owner only, and so is its folder', async () => {
    await writeConfig(box.config, { apiKey: key, defaults: {} });
    expect((await stat(box.config)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(box.config))).mode & 0o777).toBe(0o700);
  });

  it('becomes readable by its owner only when it is written anew', async () => {
    await store({ version: 1 });
    await chmod(box.config, 0o644);
    await writeConfig(box.config, { apiKey: key, defaults: {} });
    expect((await stat(box.config)).mode & 0o777).toBe(0o600);
  });

  it('is replaced as a whole, and nothing is left beside it', async () => {
    await writeConfig(box.config, { apiKey: key, defaults: { maxImages: 7 } });
    await writeConfig(box.config, { defaults: { nsfwMode: 2 } });
    expect(JSON.parse((await box.read('config/config.json')).toString())).toEqual({
      version: 1,
      defaults: { nsfwMode: 2 },
    });
    expect(await box.tree('config')).toEqual(['config.json']);
  });

  it('that cannot be written fails with its path', async () => {
    await box.write('config', 'this is no folder');
    const written = writeConfig(box.config, { defaults: {} });
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
    ['defaults that are none', { version: 1, defaults: [] }, 'defaults: '],
    ['a key that is a number', { version: 1, apiKey: 123456789 }, 'apiKey: '],
    ['an empty key', { version: 1, apiKey: '' }, 'apiKey: '],
    ['another version', { version: 2 }, 'version: '],
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

describe('a configuration that cannot be read', () => {
  it('because it is a folder fails with its path', async () => {
    await mkdir(box.config, { recursive: true });
    const error = await refusal();
    expect(error).toBeInstanceOf(FileSystemError);
    expect(error.message).toBe(`Can't read ${box.config}: it is a folder.`);
  });

  it('because its folder is a file fails with its path', async () => {
    await box.write('config', 'x');
    expect((await refusal()).message).toBe(`Can't read ${box.config}: a part of the path is no folder.`);
  });

  it('because it is forbidden fails with its path', async () => {
    await store({ version: 1 });
    await chmod(box.config, 0);
    for (const folder of [box.dir, dirname(box.config)]) await chmod(folder, 0o755);
    expect(await unprivileged(refusal)).toMatchObject({
      code: 'not-permitted',
      message: `Can't read ${box.config}: permission denied.`,
    });
  });
});
