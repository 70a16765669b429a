import { describe, expect, it } from 'vitest';
import { type Config, formatConfig, parseConfig } from '../../src/config/schema.js';
import { ConfigError } from '../../src/errors.js';

const path = '/config/config.json';
const key = '0123456789abcdef0123456789abcdef';
const empty: Config = { apiKey: undefined, defaults: {}, aliases: {}, sorters: {} };

function errorOf(text: string): Error {
  try {
    parseConfig(text, path);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('The configuration is valid.');
}

describe('a configuration', () => {
  it.each<readonly [what: string, config: Partial<Config>]>([
    ['without values', {}],
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
  ])('%s is parsed as it was formatted', (_what, config) => {
    const given = { ...empty, ...config };
    expect(parseConfig(formatConfig(given), path)).toEqual(given);
  });

  it('needs only a version', () => {
    expect(parseConfig('{"version": 2}', path)).toEqual(empty);
  });

  it('may start with a byte order mark', () => {
    expect(parseConfig('\ufeff{"version": 2}', path)).toEqual(empty);
  });

  it('of version 1 keeps its key and defaults', () => {
    const stored = { apiKey: key, defaults: { maxImages: 0, withPrompt: false } };
    expect(parseConfig(JSON.stringify({ version: 1, ...stored }), path)).toEqual({ ...empty, ...stored });
  });
});

describe('an invalid configuration', () => {
  it.each([
    ['cut off', `{"version":1,"apiKey":"${key}`],
    ['without quotes', `{"version":1,"apiKey":${key}}`],
    ['the key alone', key],
    ['empty', ''],
    ['two in one', `{"version":1}{"apiKey":"${key}"}`],
  ])('is an error that does not quote it: %s', (_what, text) => {
    const error = errorOf(text);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe(`The configuration ${path} is not valid JSON.`);
    expect(`${error.stack} ${String(error.cause)}`).not.toContain(key.slice(0, 8));
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
      'a negative pause',
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
      'null for a value',
      { version: 1, defaults: { nsfwMode: null } },
      'defaults.nsfwMode: must be a whole number from 0 to 2',
    ],
    ['an unknown default', { version: 1, defaults: { maxImage: 3 } }, 'unknown field defaults.maxImage'],
    ['an unknown field', { version: 1, colour: 'red' }, 'unknown field colour'],
    ['a field of the Python civitdl', { version: 2, default: {} }, 'unknown field default'],
    ['defaults that are a list', { version: 1, defaults: [] }, 'defaults: '],
    ['a key with a blank', { version: 2, apiKey: 'two words' }, 'apiKey: must be text without spaces'],
    ['a key that is a number', { version: 1, apiKey: 123456789 }, 'apiKey: '],
    ['an empty key', { version: 1, apiKey: '' }, 'apiKey: '],
    ['a version before the first', { version: 0 }, 'version: '],
    ['a version that is text', { version: '2' }, 'version: '],
    ['half a version', { version: 1.5 }, 'version: '],
    ['a field of a later version', { version: 1, defaults: {}, colour: 'red' }, 'unknown field colour'],
    ['aliases that are a list', { version: 2, aliases: ['@a'] }, 'aliases: '],
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
    ['an alias that is null', { version: 2, aliases: { '@models': null } }, 'aliases.@models: '],
    ['a sorter outside its folder', { version: 2, sorters: { a: { file: '../a.mjs' } } }, 'sorters.a'],
    ['a sorter without file or template', { version: 2, sorters: { a: {} } }, 'sorters.a'],
    ['no version', {}, 'version: '],
    ['a list', [], 'top level: '],
    ['null', null, 'top level: '],
  ])('is an error with file and field: %s', (_what, json, says) => {
    const error = errorOf(JSON.stringify(json));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(`The configuration ${path} has an invalid value: ${says}`);
    expect(error.message).not.toContain('123456789');
  });

  it('is an error without the key', () => {
    const text = JSON.stringify({ version: 1, apiKey: [key], defaults: { maxImages: key } });
    expect(errorOf(text).message).not.toContain(key);
  });
});

describe('a configuration of another program', () => {
  it('is an error if it is of a newer version', () => {
    const error = errorOf('{"version": 3, "wishes": {}}');
    expect(error).toMatchObject({ name: 'ConfigError', code: 'newer-config' });
    expect(error.message).toBe(
      `The configuration ${path} has version 3, written by a newer civitdl. This civitdl supports version 2.`,
    );
  });

  it('is an error if it is of the Python civitdl', () => {
    const python = { version: '1', default: { max_images: 3, api_key: key }, sorters: [], aliases: [] };
    const error = errorOf(JSON.stringify(python));
    expect(error).toMatchObject({ name: 'ConfigError', code: 'python-config' });
    expect(error.message).toBe(`The configuration ${path} belongs to the Python civitdl.`);
  });
});
