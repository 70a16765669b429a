import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { chooseLayout } from '../../../src/sorter/apps/choose-layout.js';
import { type AppTitle, makeAppRoot } from '../../harness/app-roots.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';

function choose(sorter: string, folder: string) {
  const problems: unknown[] = [];
  const context = {
    home: sandbox.path('home'),
    env: {},
    onProblem: (error: unknown) => problems.push(error),
  };
  return { ...chooseLayout(sorter, sandbox.path(folder), context), problems };
}

describe('the sorter', () => {
  it.each<readonly [title: AppTitle, sorter: string, folder: string, layout: string | undefined]>([
    ['ComfyUI', 'auto', 'app', 'comfyui'],
    ['ComfyUI', 'auto', 'app/models', 'comfyui'],
    ['ComfyUI', 'auto', 'app/models/loras', undefined],
    ['ComfyUI', 'auto', '.', undefined],
    ['ComfyUI', 'basic', 'app', undefined],
    ['ComfyUI', 'tags', 'app', undefined],
    ['ComfyUI', '{type}', 'app/models', undefined],
    ['ComfyUI', 'a1111', 'app', 'a1111'],
    ['ComfyUI', 'comfyui', 'elsewhere', 'comfyui'],
    ['reForge', 'auto', 'app', 'a1111'],
    ['Forge Classic', 'auto', 'app/models', 'forge-neo'],
    ['Fooocus', 'auto', 'app', 'fooocus'],
  ])('in %s is %s in %s: %s', (title, sorter, folder, layout) => {
    makeAppRoot(sandbox.path('app'), title);
    expect(choose(sorter, folder).layout?.app).toBe(layout);
  });

  it.each(['comfyui', 'auto'])('%s uses the root and the settings of the application', async (sorter) => {
    makeAppRoot(sandbox.path('app'), 'ComfyUI');
    await sandbox.write('app/extra_model_paths.yaml', 'x:\n  is_default: true\n  loras: /big/loras\n');
    for (const folder of ['app', 'app/models']) {
      const { layout } = choose(sorter, folder);
      expect(layout?.root).toBe(sandbox.path('app'));
      expect(layout?.folderOf('lora')).toBe('/big/loras');
      expect(layout?.folderOf('vae')).toBe(sandbox.path('app/models/vae'));
    }
  });

  it('does not use the settings of another application', async () => {
    makeAppRoot(sandbox.path('app'), 'SD.Next');
    await sandbox.write('app/config.json', '{"lora_dir":"/big/loras"}');
    expect(choose('auto', 'app').layout?.folderOf('lora')).toBe('/big/loras');
    expect(choose('a1111', 'app').layout?.folderOf('lora')).toBe(sandbox.path('app/models/Lora'));
  });

  it('tells of settings that cannot be read', async () => {
    makeAppRoot(sandbox.path('app'), 'SD.Next');
    await sandbox.write('app/config.json', '{');
    expect(choose('auto', 'app').problems).toEqual([expect.objectContaining({ code: 'app-settings' })]);
  });

  it.each(['auto', 'basic', 'comfyui', '{type}'])(
    '%s is refused where InvokeAI manages the models',
    (sorter) => {
      makeAppRoot(sandbox.path('app'), 'InvokeAI');
      for (const folder of ['app', join('app', 'models'), join('app', 'models', 'x')])
        expect(() => choose(sorter, folder)).toThrow(/scan folder/);
      expect(choose(sorter, 'app/imports').found?.app).toBe('invokeai');
    },
  );
});
