import { describe, expect } from 'vitest';
import { runSettings } from '../../src/download/run-settings.js';
import { mergeOptions, type PartialOptions } from '../../src/options/options.js';
import { AppLayout } from '../../src/sorter/apps/app-layout.js';
import type { SorterContext } from '../../src/sorter/load.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { testRun } from './run-context.js';

const url = new URL('https://civitai.example');

function settingsOf(
  options: PartialOptions = {},
  overrides: Parameters<typeof testRun>[2] = {},
  { baseUrl = url, added = new Map() }: { baseUrl?: URL; added?: SorterContext['added'] } = {},
) {
  const { run } = testRun(sandbox.path('models'), options, {
    options: mergeOptions(options),
    ...overrides,
  });
  return runSettings(run, baseUrl, { added, cwd: sandbox.dir, home: sandbox.dir });
}

const comfyui = (settings: ConstructorParameters<typeof AppLayout>[0]['settings']) =>
  new AppLayout({ app: 'comfyui', title: 'ComfyUI', root: '/comfy', settings });

describe('the settings of a run', () => {
  it('are the same for options that do not change the files', async () => {
    const same: readonly PartialOptions[] = [
      { sorter: 'basic' },
      { jobs: 8, connections: 16, limitRate: 5, pauseTime: 0, retryCount: 9, timeout: 5 },
      { verbose: true, withColor: false } as PartialOptions,
      { cacheMode: 0, modelOverwrite: true },
      { limit: 5, sort: 'Newest', versions: 'all' } as PartialOptions,
    ];
    const plain = await settingsOf();
    expect(plain).toMatch(/^[0-9a-f]{24}$/);
    for (const options of same) expect(await settingsOf(options), JSON.stringify(options)).toBe(plain);
  });

  it.each<readonly [string, PartialOptions, NonNullable<Parameters<typeof testRun>[2]>]>([
    ['images', { maxImages: 4 }, {}],
    ['their levels', { nsfwMode: 2 }, {}],
    ['prompts', { withPrompt: false }, {}],
    ['model files', { withoutModel: true }, {}],
    ['the trust in files', { strictMode: 0 }, {}],
    ['the sorter', { sorter: 'tags' }, {}],
    ['a template', { sorter: '{type}/{modelName}' }, {}],
    ['names', {}, { hasOriginalNames: true }],
    ['the files of a version', {}, { choice: 'all' }],
    ['a named file', {}, { choice: { named: 'vae' } }],
    ['sidecars', {}, { sidecars: { formats: ['a1111'], previews: ['preview'], playsVideos: false } }],
    ['an application', {}, { layout: comfyui({ folders: {} }) }],
  ])('change with %s', async (_what, options, overrides) => {
    expect(await settingsOf(options, overrides)).not.toBe(await settingsOf());
  });

  it('change with the server', async () => {
    const other = await settingsOf({}, {}, { baseUrl: new URL('https://other.example') });
    expect(other).not.toBe(await settingsOf());
  });

  it('change with the folders that the settings of an application name', async () => {
    const of = (settings: Parameters<typeof comfyui>[0]) => settingsOf({}, { layout: comfyui(settings) });
    const plain = await of({ folders: {} });
    expect(await of({ folders: {} })).toBe(plain);
    expect(await of({ folders: { lora: '/other/loras' } })).not.toBe(plain);
    expect(await of({ folders: {}, models: '/other' })).not.toBe(plain);
  });

  it('change with the text of a sorter file, whatever its name', async () => {
    const path = await sandbox.write('mine.mjs', 'export const sortModel = () => 1;');
    const added = new Map([['mine', { path }]]);
    const typed = await settingsOf({ sorter: './mine.mjs' });
    expect(await settingsOf({ sorter: 'mine' }, {}, { added })).toBe(typed);
    await sandbox.write('mine.mjs', 'export const sortModel = () => 2;');
    expect(await settingsOf({ sorter: './mine.mjs' })).not.toBe(typed);
  });

  it('of an added template are those of the template', async () => {
    const added = new Map([['mine', { template: '{type}' }]]);
    expect(await settingsOf({ sorter: 'mine' }, {}, { added })).toBe(await settingsOf({ sorter: '{type}' }));
  });

  it('are unknown without the file of the sorter', async () => {
    await expect(settingsOf({ sorter: './gone.mjs' })).rejects.toThrow('ENOENT');
  });
});
