import { mkdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { expectedApp } from '../../../src/sorter/apps/expected-app.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';

it.each([
  ['ComfyUI', 'comfyui'],
  ['comfyui', 'comfyui'],
  ['ComfyUI-master', 'comfyui'],
  ['ComfyUI_windows_portable', 'comfyui'],
  ['stable-diffusion-webui', 'a1111'],
  ['stable-diffusion-webui-master', 'a1111'],
  ['stable-diffusion-webui-reForge', 'a1111'],
  ['stable-diffusion-webui-forge', 'forge'],
  ['forge', 'forge'],
  ['sd-webui-forge-neo', 'forge-neo'],
  ['sd-webui-forge-classic', 'forge-neo'],
  ['SD.Next', 'sdnext'],
  ['automatic', 'sdnext'],
  ['SwarmUI', 'swarmui'],
  ['StabilityMatrix', 'stability-matrix'],
  ['Stability Matrix', 'stability-matrix'],
  ['Fooocus', 'fooocus'],
  ['models', undefined],
  ['my-forgery', undefined],
  ['InvokeAI', undefined],
  ['日本語', undefined],
])('a missing or empty folder %s is named like %s', async (name, app) => {
  expect(expectedApp(sandbox.path(name))).toBe(app);
  await mkdir(sandbox.path(name));
  expect(expectedApp(sandbox.path(name))).toBe(app);
  await sandbox.write(`${name}/a`, '');
  expect(expectedApp(sandbox.path(name))).toBeUndefined();
});

it('a file is no folder', async () => {
  await sandbox.write('forge', '');
  expect(expectedApp(sandbox.path('forge'))).toBeUndefined();
  expect(expectedApp(sandbox.path('forge/ComfyUI'))).toBeUndefined();
});
