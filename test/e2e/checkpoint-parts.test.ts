import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import { file, model, version } from '../fake-civitai/catalog.js';
import { type AppTitle, makeAppRoot } from '../harness/app-roots.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const transformer = ['model.diffusion_model.double_blocks.0.img_attn.qkv.weight'];
const complete = [...transformer, 'vae.decoder.conv_in.weight', 'text_encoders.clip_l.shared.weight'];

/** Checkpoints of one file each, by their names. */
const checkpoints = {
  fluxComplete: { id: 830_000, baseModel: 'Flux.1 D', tensors: complete },
  fluxBare: { id: 830_010, baseModel: 'Flux.1 D', tensors: transformer },
  fluxUnknown: { id: 830_020, baseModel: 'Flux.1 D', tensors: undefined },
  otherBare: { id: 830_030, baseModel: 'Other', tensors: transformer },
  otherUnknown: { id: 830_040, baseModel: 'Other', tensors: undefined },
  newBare: { id: 830_050, baseModel: 'Invented 9', tensors: transformer },
  sdxl: { id: 830_060, baseModel: 'SDXL 1.0', tensors: complete },
} as const;

type Name = keyof typeof checkpoints;

const models = Object.entries(checkpoints).map(([name, { id, baseModel, tensors }]) => {
  const files = [file({ id: id + 2, name: `${name}.safetensors`, ...(tensors && { tensors }) })];
  return model({
    id,
    name,
    type: 'Checkpoint',
    versions: [version({ id: id + 1, name: 'v1', baseModel, files })],
  });
});

it.override('serverOptions', { models });

async function download(title: AppTitle, name: Name, ...args: readonly string[]) {
  makeAppRoot(sandbox.path('app'), title);
  const { id } = checkpoints[name];
  const ended = await runInProcess([String(id), 'app', '--pause-time', '0', ...args], sandbox);
  expect(ended).toMatchObject({ status: 0 });
  return ended;
}

const weights = async () => (await sandbox.tree('app')).filter((name) => name.endsWith('.safetensors'));
const tensorRequests = () => civitai.requestsTo('tensors').length;

it.each<readonly [title: AppTitle, name: Name, folder: string, says: RegExp | undefined, requests: number]>([
  ['ComfyUI', 'fluxComplete', 'models/checkpoints', /has tensors of a VAE or text encoder.*checkpoints/, 1],
  ['ComfyUI', 'fluxBare', 'models/diffusion_models', /has no tensors of a VAE.*diffusion_models/, 1],
  [
    'ComfyUI',
    'fluxUnknown',
    'models/diffusion_models',
    /base model Flux\.1 D are mostly diffusion models/,
    1,
  ],
  ['ComfyUI', 'otherBare', 'models/diffusion_models', /has no tensors of a VAE/, 1],
  ['ComfyUI', 'otherUnknown', 'models/checkpoints', undefined, 1],
  ['ComfyUI', 'newBare', 'models/diffusion_models', /has no tensors of a VAE/, 1],
  ['ComfyUI', 'sdxl', 'models/checkpoints', undefined, 0],
  ['SD.Next', 'fluxComplete', 'models/Stable-diffusion', /has tensors of a VAE/, 1],
  ['SD.Next', 'newBare', 'models/UNET', /has no tensors of a VAE/, 1],
  ['SwarmUI', 'fluxComplete', 'Models/Stable-Diffusion', /has tensors of a VAE/, 1],
  ['StabilityMatrix', 'otherBare', 'Models/DiffusionModels', /has no tensors of a VAE/, 1],
  ['Forge', 'fluxComplete', 'models/Stable-diffusion', undefined, 0],
  ['AUTOMATIC1111', 'fluxBare', 'models/Stable-diffusion', /may not be able to load/, 0],
  ['Fooocus', 'fluxBare', 'models/checkpoints', /may not be able to load/, 0],
])('in %s, the checkpoint %s goes to %s', async (title, name, folder, says, requests) => {
  const { stderr } = await download(title, name, '--sidecars', 'none');
  expect(await weights()).toEqual([`${folder}/${name}.safetensors`]);
  if (says) expect(stderr.replace(/\n\s*/g, ' ')).toMatch(says);
  else expect(stderr).not.toMatch(/VAE|not be able/);
  expect(tensorRequests()).toBe(requests);
});

it('A server that does not tell the tensors costs no time and no warning', async () => {
  civitai.fault({ on: 'tensors', kind: 'status', status: 503, times: Infinity });
  const { stderr } = await download('ComfyUI', 'fluxBare');
  expect(stderr).not.toContain('warning');
  expect(tensorRequests()).toBe(1);
  expect(await weights()).toEqual(['models/diffusion_models/fluxBare.safetensors']);
});

it.each(['--dry-run', '--json'])('The decision is told with %s', async (option) => {
  const { stdout, stderr } = await download('ComfyUI', 'fluxComplete', option);
  expect((stdout + stderr).replace(/\n\s*/g, ' ')).toContain('fluxComplete.safetensors has tensors of a VAE');
});

it('A checkpoint that the user has moved to the other folder is found there', async () => {
  await download('ComfyUI', 'fluxUnknown');
  const [from = ''] = await weights();
  const to = 'models/checkpoints/fluxUnknown.safetensors';
  mkdirSync(dirname(sandbox.path('app', to)), { recursive: true });
  renameSync(sandbox.path('app', from), sandbox.path('app', to));
  for (const options of [[], ['--cache-mode', '0']]) {
    const { stderr } = await download('ComfyUI', 'fluxUnknown', ...options);
    expect(stderr).toContain('already downloaded');
    expect(await weights()).toEqual([to]);
  }
});
