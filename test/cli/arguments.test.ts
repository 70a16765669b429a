import { describe, expect } from 'vitest';
import { CONFIG_COMMANDS, splitPaths } from '../../src/cli/arguments.js';
import { configProgram } from '../../src/cli/civitconfig.js';
import type { Context } from '../../src/cli/context.js';
import { UsageError } from '../../src/errors.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

const TO_STORE = "To store one for all runs, run 'civitconfig default --root-dir ./models'.";

interface Given {
  readonly output?: string;
  readonly storedRoot?: string;
  /** Whether there is a folder of this name. */
  readonly hasFavorites?: boolean;
}

async function split(paths: readonly string[], { output, storedRoot, hasFavorites = false }: Given = {}) {
  await sandbox.write('work/folder/.keep', '');
  await sandbox.write('work/67/.keep', '');
  if (hasFavorites) await sandbox.write('work/favorites/.keep', '');
  await sandbox.write('work/batch.txt', '66');
  return splitPaths({ paths, output, storedRoot }, { cwd: sandbox.path('work'), home: sandbox.path('home') });
}

describe('the root directory', () => {
  it.each<
    readonly [paths: readonly string[], given: Given, sources: readonly string[], root: string, from: string]
  >([
    [['66', 'models'], {}, ['66'], 'models', 'argument'],
    [['66', './68'], {}, ['66'], './68', 'argument'],
    [['66', '67'], {}, ['66'], '67', 'argument'],
    [['66', '@models/loras'], {}, ['66'], '@models/loras', 'argument'],
    [['66', 'batch.txt', 'models'], {}, ['66', 'batch.txt'], 'models', 'argument'],
    [['66', 'batch.txt'], {}, ['66'], 'batch.txt', 'argument'],
    [['user:inkmaker', './models'], {}, ['user:inkmaker'], './models', 'argument'],
    [['user:inkmaker', 'models'], {}, ['user:inkmaker'], 'models', 'argument'],
    [['favorites', './models'], {}, ['favorites'], './models', 'argument'],
    [['user:x', 'favorites'], { hasFavorites: true }, ['user:x'], 'favorites', 'argument'],
    [['favorites', 'favorites'], { hasFavorites: true }, ['favorites'], 'favorites', 'argument'],
    [['user:x', './favorites'], {}, ['user:x'], './favorites', 'argument'],
    [
      ['search:ink', 'favorites'],
      { storedRoot: '/stored' },
      ['search:ink', 'favorites'],
      '/stored',
      'stored',
    ],
    [
      ['https://civitai.com/collections/5'],
      { output: 'm' },
      ['https://civitai.com/collections/5'],
      'm',
      'output',
    ],
    [['66'], { output: 'models' }, ['66'], 'models', 'output'],
    [['66', '68'], { output: 'models' }, ['66', '68'], 'models', 'output'],
    [['66', 'folder'], { output: 'models' }, ['66', 'folder'], 'models', 'output'],
    [['66'], { output: '70', storedRoot: '/stored' }, ['66'], '70', 'output'],
    [['66'], { storedRoot: '/stored' }, ['66'], '/stored', 'stored'],
    [['66', '68'], { storedRoot: '/stored' }, ['66', '68'], '/stored', 'stored'],
    [['66', 'batch.txt'], { storedRoot: '/stored' }, ['66', 'batch.txt'], '/stored', 'stored'],
    [['66', '-'], { storedRoot: '/stored' }, ['66', '-'], '/stored', 'stored'],
    [['66', 'folder'], { storedRoot: '/stored' }, ['66'], 'folder', 'argument'],
    [['66', '67'], { storedRoot: '/stored' }, ['66'], '67', 'argument'],
    [['66', './new'], { storedRoot: '/stored' }, ['66'], './new', 'argument'],
  ])('of %j with %j is told from the sources', async (paths, given, sources, root, rootFrom) => {
    expect(await split(paths, given)).toEqual({ sources, root, rootFrom });
  });

  it.each<readonly [paths: readonly string[], message: readonly string[]]>([
    [['66'], ["The root directory is missing: only '66' was given. Type: civitdl 66 ./models", TO_STORE]],
    [
      ['66', '68'],
      [
        "The root directory is missing: '68' is not a folder. Type: civitdl 66 68 ./models",
        "To create a folder of that name, type './68'.",
        TO_STORE,
      ],
    ],
    [
      ['66', '66@75'],
      [
        "The root directory is missing: '66@75' is not a folder. Type: civitdl 66 66@75 ./models",
        "To create a folder of that name, type './66@75'.",
        TO_STORE,
      ],
    ],
    [
      ['66', 'https://civitai.com/models/66?token=secret'],
      [
        "The root directory is missing: 'https://civitai.com/models/66?token=…' is not a folder. Type: civitdl 66 'https://civitai.com/models/66?token=…' ./models",
        TO_STORE,
      ],
    ],
    [
      ['66', 'https://example.com/models'],
      [
        "The root directory is missing: 'https://example.com/models' is not a folder. Type: civitdl 66 https://example.com/models ./models",
        TO_STORE,
      ],
    ],
    [
      ['66', 'urn:air:sdxl:lora:civitai:827184@2514310'],
      [
        "The root directory is missing: 'urn:air:sdxl:lora:civitai:827184@2514310' is not a folder. Type: civitdl 66 urn:air:sdxl:lora:civitai:827184@2514310 ./models",
        TO_STORE,
      ],
    ],
    [
      ['1', '2', '3', '4', '5,6'],
      [
        "The root directory is missing: '5,6' is not a folder. Type: civitdl 1 2 3 ... ./models",
        "To create a folder of that name, type './5,6'.",
        TO_STORE,
      ],
    ],
    [
      ['66', '-'],
      [
        "The root directory is missing: '-' is not a folder. Type: civitdl 66 - ./models",
        "To create a folder of that name, type './-'.",
        TO_STORE,
      ],
    ],
    [
      ['66', 'user:inkmaker'],
      [
        "The root directory is missing: 'user:inkmaker' is not a folder. Type: civitdl 66 user:inkmaker ./models",
        TO_STORE,
      ],
    ],
    [
      ['user:inkmaker', 'favorites'],
      [
        "The root directory is missing: 'favorites' is not a folder. Type: civitdl user:inkmaker favorites ./models",
        "To create a folder of that name, type './favorites'.",
        TO_STORE,
      ],
    ],
    [['folder'], ["A source is missing: only the folder 'folder' was given. Type: civitdl 191977 folder"]],
  ])('of %j is missing', async (paths, message) => {
    await expect(split(paths)).rejects.toThrow(new UsageError('usage', message.join('\n')));
  });
});

describe('a command that civitdl does not have', () => {
  const errorOf = (paths: readonly string[], given: Given = {}) =>
    split(paths, given).then(
      () => undefined,
      (error: unknown) => (error instanceof UsageError ? error.message : error),
    );

  it('is one of civitconfig', () => {
    const { commands } = configProgram({} as Context, () => {});
    const names = commands.map((command) => command.name());
    expect([...CONFIG_COMMANDS, 'complete']).toEqual(names);
  });

  it.each(CONFIG_COMMANDS)('%s is named with its program', async (name) => {
    const message = `civitdl has no command '${name}'. Did you mean 'civitconfig ${name}'?`;
    for (const given of [{}, { output: 'models' }, { storedRoot: '/stored' }])
      expect(await errorOf([name], given)).toBe(message);
  });

  it.each(['update', 'upgrade'])('%s is explained', async (name) => {
    expect(await errorOf([name])).toBe(
      `civitdl has no command '${name}'. To download the latest versions of models, type their sources again:\ncivitdl 191977 ./models --versions latest`,
    );
  });

  it('is a source if there is such a file', async () => {
    await sandbox.write('work/cache', '66');
    expect(await split(['cache'], { storedRoot: '/stored' })).toMatchObject({ sources: ['cache'] });
    expect(await errorOf(['cache'])).toContain('The root directory is missing');
  });

  it('is a source or a folder beside another argument, or with a path', async () => {
    expect(await split(['66', 'cache'])).toMatchObject({ sources: ['66'], root: 'cache' });
    expect(await split(['./login'], { storedRoot: '/stored' })).toMatchObject({ sources: ['./login'] });
  });
});
