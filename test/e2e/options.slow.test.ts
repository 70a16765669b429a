import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { longName } from '../../src/cli/program.js';
import { type OptionName, optionNames, specOf } from '../../src/options/options.js';
import type { selectionSpecs } from '../../src/options/selection-options.js';
import { version as programVersion } from '../../src/version.js';
import { catalog, file, ids, model, version } from '../fake-civitai/catalog.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const anything = String(ids.anything.model);
const large = model({
  id: 1,
  name: 'Large',
  versions: [
    version({
      id: 2,
      name: 'v1',
      files: [file({ id: 3, name: 'large.safetensors', size: 17 * 1024 * 1024 })],
    }),
  ],
});
const target = 'models/anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const ESC = String.fromCharCode(27);

it.override('serverOptions', { models: [...catalog, large] });

// Separate processes, so that no state of an option remains in this one.
const download = (args: readonly string[]) => run('civitdl', [anything, 'models', ...args], sandbox);
const configure = (args: readonly string[]) => run('civitconfig', ['default', ...args], sandbox);
const count = async (pattern: RegExp) => (await sandbox.tree()).filter((name) => pattern.test(name)).length;

interface Example {
  /** The arguments for `civitdl` and `civitconfig default`. */
  readonly typed: readonly string[];
  /** Runs `civitdl` with these arguments, and returns what the option affects. */
  readonly effect: (args: readonly string[]) => Promise<unknown>;
  readonly without: unknown;
  readonly with: unknown;
}

/** Tested in other ways: by colours, by requests, and by time; and what selects models, in tests of its own. */
type Elsewhere = 'withColor' | 'proxy' | 'connections' | 'jobs' | 'limitRate' | keyof typeof selectionSpecs;

const examples: Readonly<Record<Exclude<OptionName, Elsewhere>, Example>> = {
  sorter: {
    typed: ['-s', 'tags'],
    effect: async (args) => {
      await download(['-i', '0', ...args]);
      return count(/^SD_1\.5\/anime\/style\//);
    },
    without: 0,
    with: 3,
  },
  fileNames: {
    typed: ['--file-names', 'original'],
    effect: async (args) => {
      await download(['-i', '0', ...args]);
      return count(/^anythingV3_fp16\/anythingV3_fp16\.ckpt$/);
    },
    without: 0,
    with: 1,
  },
  sidecars: {
    typed: ['--sidecars', 'sha256,model-manager'],
    effect: async (args) => {
      await download(['-i', '0', ...args]);
      return count(/\.(sha256|md)$/);
    },
    without: 0,
    with: 2,
  },
  maxImages: {
    typed: ['-i', '0'],
    effect: async (args) => {
      await download(args);
      return count(/517\.jpeg$|518\.png$|519\.mp4$/);
    },
    without: 3,
    with: 0,
  },
  nsfwMode: {
    typed: ['--nsfw-mode', '2'],
    effect: async (args) => {
      await run('civitdl', [String(ids.levels.model), 'models', '-i', '4', ...args], sandbox);
      return count(/\.jpeg$/);
    },
    without: 2,
    with: 3,
  },
  withPrompt: {
    typed: ['--no-with-prompt'],
    effect: async (args) => {
      await download(args);
      return count(/-prompt\.json$/);
    },
    without: 3,
    with: 0,
  },
  withoutModel: {
    typed: ['--without-model'],
    effect: async (args) => {
      await download(args);
      return count(/\.ckpt$/);
    },
    without: 1,
    with: 0,
  },
  retryCount: {
    typed: ['--retry-count', '1'],
    effect: async (args) => {
      civitai.fault({ on: 'model', kind: 'status', status: 500, times: Infinity });
      await download(args);
      return civitai.requestsTo('model').length;
    },
    without: 4,
    with: 2,
  },
  timeout: {
    typed: ['--timeout', '1'],
    effect: async (args) => {
      civitai.fault({ on: 'image', kind: 'delay', ms: 2_500 });
      await download(['-i', '1', ...args]);
      return civitai.requestsTo('image').length;
    },
    without: 1,
    with: 2,
  },
  pauseTime: {
    typed: ['--pause-time', '0.5'],
    effect: async (args) => {
      const [one = 0, other = 0] = ids.batch.models;
      const begun = performance.now();
      const { stderr } = await run('civitdl', [String(one), String(other), 'models', ...args], sandbox);
      const seconds = [...stderr.matchAll(/^pausing for (\S+) s$/gm)].map(([, number]) => Number(number));
      expect((performance.now() - begun) / 1000).toBeGreaterThan(seconds.reduce((sum, one) => sum + one, 0));
      return seconds;
    },
    without: [3],
    with: [0.5],
  },
  cacheMode: {
    typed: ['--cache-mode', '0'],
    effect: async (args) => {
      await download(['-i', '0', ...args]);
      await runInProcess([anything, 'elsewhere', '-i', '0', ...args], sandbox);
      return civitai.requestsTo('storage').length;
    },
    without: 1,
    with: 2,
  },
  strictMode: {
    typed: ['--strict-mode', '0'],
    effect: async (args) => {
      await download(['-i', '0']);
      const content = await readFile(sandbox.path(target));
      content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
      await writeFile(sandbox.path(target), content);
      await download(args);
      return (await readFile(sandbox.path(target))).equals(content);
    },
    without: false,
    with: true,
  },
  allFiles: {
    typed: ['--all-files'],
    effect: async (args) => {
      await run('civitdl', [String(ids.sameName.model), 'models', ...args], sandbox);
      return count(/\.safetensors$/);
    },
    without: 1,
    with: 2,
  },
  userAgent: {
    typed: ['--user-agent', 'curl/8.9.1'],
    effect: async (args) => {
      await download(args);
      return [...new Set(civitai.requests.map(({ headers }) => headers['user-agent']?.replace(/ .*/, '')))];
    },
    without: [`civitdl/${programVersion}`],
    with: ['curl/8.9.1'],
  },
  modelOverwrite: {
    typed: ['--model-overwrite'],
    effect: async (args) => {
      await download(['-i', '0']);
      civitai.reset();
      await download(args);
      return civitai.requestsTo('storage').length > 0;
    },
    without: false,
    with: true,
  },
};

describe.each(Object.entries(examples))('%s', (name, example) => {
  const { typed, effect, without } = example;

  it('has an effect when it is typed', async () => {
    expect(await effect([])).toEqual(without);
    civitai.reset();
    await sandbox.clear();
    expect(await effect(typed)).toEqual(example.with);
  });

  it('has the same effect when it is stored, and is shown as stored', async () => {
    const { status, stdout } = await configure([...typed, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).stored).toEqual([name]);
    expect(await effect([])).toEqual(example.with);
  });
});

it('withColor takes the colours away, typed or stored', async () => {
  const colours = new RegExp(`${ESC}\\[3\\dm`);
  const shown = async (args: readonly string[]) => {
    const terminal = open('civitdl', [anything, 'models', '-i', '0', ...args], sandbox);
    expect(await terminal.ended).toBe(0);
    return colours.test(terminal.output);
  };
  expect(await shown([])).toBe(true);
  expect(await shown(['--no-with-color'])).toBe(false);
  await configure(['--no-with-color']);
  expect(await shown([])).toBe(false);
  expect(await shown(['--with-color'])).toBe(true);
});

it('connections limits how many there are to one file, typed or stored', async () => {
  const connections = async (args: readonly string[], stored: readonly string[] = []) => {
    await sandbox.clear();
    civitai.reset();
    civitai.setRate(6_000_000);
    if (stored.length > 0) await configure(stored);
    // With several connections, a worker hashes the file, which needs the compiled command.
    expect((await run('civitdl', [String(large.id), 'models', ...args], sandbox)).status).toBe(0);
    return civitai.requestsTo('storage').length;
  };
  expect(await connections([])).toBeGreaterThan(1);
  expect(await connections(['--connections', '1'])).toBe(1);
  expect(await connections([], ['--connections', '1'])).toBe(1);
});

it('a typed option is stronger than a stored one, also to switch off', async () => {
  await configure(['--all-files', '-i', '0', '--no-with-prompt']);
  const typed = ['--no-all-files', '-i', '1', '--with-prompt'];
  await run(
    'civitdl',
    [`${ids.sameName.model},${anything}`, 'models', '--pause-time', '0', ...typed],
    sandbox,
  );
  expect(await count(/\.safetensors$/)).toBe(1);
  expect(await count(/-prompt\.json$/)).toBe(1);
});

describe('a wrong value', () => {
  const wrong = optionNames
    .map(specOf)
    .filter(({ kind }) => kind === 'integer' || kind === 'number' || kind === 'rate');

  it.each(wrong.map(({ flags }) => [flags]))(
    'of %s is named with the option and what is allowed',
    async (flags) => {
      for (const value of ['-1', 'many', '99999999999999']) {
        const ended = await runInProcess([anything, 'models', `--${longName(flags)}`, value], sandbox);
        expect(ended.status).toBe(2);
        expect(ended.stderr).toContain(`${flags}: '${value}' is not a`);
        expect(civitai.requests).toHaveLength(0);
      }
    },
  );

  it('is not stored', async () => {
    const ended = await run('civitconfig', ['default', '-i', '5', '--nsfw-mode', '3'], sandbox);
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toContain("--nsfw-mode <0,1,2>: '3' is not a whole number from 0 to 2.");
    expect(await sandbox.tree('config')).toEqual([]);
  });
});

it('an unknown option is told with the nearest one', async () => {
  const ended = await run('civitdl', [anything, 'models', '--max-image', '3'], sandbox);
  expect(ended.status).toBe(2);
  expect(ended.stderr).toContain("unknown option '--max-image'\n(Did you mean --max-images?)");
});

it('options and arguments stand in any order', async () => {
  const { status, stdout } = await run(
    'civitdl',
    ['-i', '0', anything, '--no-with-prompt', 'models', '-p'],
    sandbox,
  );
  expect(status).toBe(0);
  expect(stdout).toBe(`${sandbox.path(target)}\n`);
});
