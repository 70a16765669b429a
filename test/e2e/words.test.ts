import { describe, expect } from 'vitest';
import type { PartialOptions } from '../../src/options/options.js';
import { ids } from '../fake-civitai/catalog.js';
import { it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const stored = async (args: readonly string[]) => {
  const { status, stdout } = await runInProcess(['default', '--json', ...args], sandbox, {
    command: 'civitconfig',
  });
  expect(status).toBe(0);
  return JSON.parse(stdout).options as PartialOptions;
};

describe('a word', () => {
  it.each<readonly [typed: readonly string[], options: PartialOptions]>([
    [['--nsfw', 'safe'], { nsfwMode: 0 }],
    [['--nsfw', 'model'], { nsfwMode: 1 }],
    [['--nsfw', 'all'], { nsfwMode: 2 }],
    [['--nsfw=all'], { nsfwMode: 2 }],
    [['--cache'], { cacheMode: 1 }],
    [['--no-cache'], { cacheMode: 0 }],
    [['--strict'], { strictMode: 1 }],
    [['--no-strict'], { strictMode: 0 }],
    [['--color'], { withColor: true }],
    [['--no-color'], { withColor: false }],
    [['--no-images'], { maxImages: 0 }],
    [['--no-proxy'], { proxy: 'none' }],
    [['--no-proxy', '--proxy', 'environment'], { proxy: 'environment' }],
    [['--proxy', 'proxy.example:3128', '--no-proxy'], { proxy: 'none' }],
    // The last form counts.
    [['--nsfw', 'all', '--nsfw-mode', '0'], { nsfwMode: 0 }],
    [['--nsfw-mode', '0', '--nsfw', 'all'], { nsfwMode: 2 }],
    [['--no-cache', '--cache'], { cacheMode: 1 }],
    [['--cache-mode', '1', '--no-cache'], { cacheMode: 0 }],
    [['--no-images', '-i', '7'], { maxImages: 7 }],
    [['-i', '7', '--no-images'], { maxImages: 0 }],
    [['--no-color', '--with-color'], { withColor: true }],
  ])('stores what the number stores: %j', async (typed, options) => {
    expect(await stored(typed)).toMatchObject(options);
    expect(await stored([])).toMatchObject(options);
  });

  it('changes nothing that it is not typed for', async () => {
    await stored(['--nsfw', 'all', '--no-cache', '--no-strict', '--no-color', '--no-images']);
    expect(await stored(['--retry-count', '1'])).toMatchObject({
      nsfwMode: 2,
      cacheMode: 0,
      strictMode: 0,
      withColor: false,
      maxImages: 0,
    });
  });

  it('has its effect in a run, and its number in the command that retries', async () => {
    const words = ['--nsfw', 'all', '--no-cache', '--no-strict', '--no-color', '--no-images'];
    const args = [String(ids.anything.model), String(ids.earlyAccess.model), 'models', ...words];
    const { stderr } = await runInProcess(args, sandbox);
    expect(await sandbox.tree()).not.toContainEqual(expect.stringMatching(/\.jpeg$/));
    expect(stderr).toContain(
      `civitdl ${ids.earlyAccess.model} models --max-images 0 --nsfw-mode 2 --cache-mode 0 --strict-mode 0 --no-with-color`,
    );
  });
});

it.each([
  ['-q', '--quiet'],
  ['-n', '--dry-run'],
])('%s is %s', async (short, long) => {
  const args = [String(ids.anything.model), 'models', '-i', '0'];
  const outputOf = async (flag: string) => {
    await sandbox.clear();
    const { stdout, stderr, status } = await runInProcess([...args, flag], sandbox);
    expect(status).toBe(0);
    return withoutMeasurements(stdout + stderr);
  };
  expect(await outputOf(short)).toBe(await outputOf(long));
});

it('colours are those of the last form, typed or stored', async () => {
  const colours = new RegExp(`${String.fromCharCode(27)}\\[3\\dm`);
  const shown = async (args: readonly string[]) => {
    const terminal = open('civitdl', [String(ids.anything.model), 'models', '-i', '0', ...args], sandbox);
    expect(await terminal.ended).toBe(0);
    return colours.test(terminal.output);
  };
  expect(await shown(['--no-color'])).toBe(false);
  await stored(['--no-color']);
  expect(await shown([])).toBe(false);
  expect(await shown(['--color'])).toBe(true);
});

/** Blanks the time and the free space: both change from run to run, the latter whenever another program writes. */
function withoutMeasurements(output: string): string {
  return output.replace(/\bin \d+ s$/gm, 'in … s').replace(/; \S+ \w?B free$/gm, '; … free');
}
