import { describe, expect } from 'vitest';
import { ConfigError } from '../../../src/errors.js';
import type { App } from '../../../src/sorter/apps/app.js';
import { readAppSettings } from '../../../src/sorter/apps/settings.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';

const context = { home: '/home/ada', env: { DISK: '/mnt/big' } };

async function read(app: App, file: string, text: string | Uint8Array) {
  await sandbox.write(`app/${file}`, text);
  const problems: unknown[] = [];
  const settings = readAppSettings(app, sandbox.path('app'), context, (error) => problems.push(error));
  return { settings, problems };
}

const extra = 'extra_model_paths.yaml';
const fds = 'Data/Settings.fds';

interface Row {
  readonly app: App;
  readonly file: string;
  readonly text: string;
  readonly models?: string;
  /** Relative to the root, or absolute. */
  readonly folders: Readonly<Record<string, string>>;
}

const rows: Readonly<Record<string, Row>> = {
  'a default section of ComfyUI': {
    app: 'comfyui',
    file: extra,
    text: [
      '# Rename this file.',
      'comfyui:',
      '    base_path: /data/comfy/',
      '    is_default: true',
      '    checkpoints: models/checkpoints/',
      '    text_encoders: |',
      '        models/text_encoders/',
      '        models/clip/  # legacy location',
      '    loras: "D lora"',
      '    custom_nodes: custom_nodes/',
    ].join('\n'),
    folders: {
      checkpoint: '/data/comfy/models/checkpoints',
      'text-encoder': '/data/comfy/models/text_encoders',
      lora: '/data/comfy/D lora',
    },
  },
  'a section of ComfyUI that is only searched': {
    app: 'comfyui',
    file: extra,
    text: 'a111:\n    base_path: /data/webui\n    checkpoints: models/Stable-diffusion\n',
    folders: {},
  },
  'the last of two default sections of ComfyUI': {
    app: 'comfyui',
    file: extra,
    text: 'one:\n  is_default: true\n  vae: one\n  loras: one\ntwo:\n  is_default: True\n  vae: two\n',
    folders: { vae: 'two', lora: 'one' },
  },
  'names of earlier versions, the home folder and variables': {
    app: 'comfyui',
    file: extra,
    text: "any name:\r\n  base_path: '$DISK/it''s'\r\n  is_default: yes\r\n  clip: a\r\n  unet: ~/unet\r\n  loras: $DISK/l\r\n",
    folders: { 'text-encoder': "/mnt/big/it's/a", 'diffusion-model': '/home/ada/unet', lora: '/mnt/big/l' },
  },
  'the settings of SD.Next': {
    app: 'sdnext',
    file: 'config.json',
    text: JSON.stringify({
      models_dir: '/d/m',
      lora_dir: 'l',
      control_dir: '/d/c',
      yolo_dir: '',
      ckpt_dir: 3,
    }),
    models: '/d/m',
    folders: { lora: 'l', controlnet: '/d/c/controlnet' },
  },
  'the settings of SwarmUI': {
    app: 'swarmui',
    file: fds,
    text: '#Settings\nPaths:\n\t#Where\n\tModelRoot: Models;/big/my models\n\tDownloadToRootID: 1\n\tSDLoraFolder: loras;Lora\n\tSDClipFolder: /abs\\stext\nOther: x\n',
    models: '/big/my models',
    folders: { lora: '/big/my models/loras', 'text-encoder': '/abs\\text' },
  },
  'SwarmUI without a section for paths': { app: 'swarmui', file: fds, text: 'Other: x\n', folders: {} },
  'the settings of StabilityMatrix': {
    app: 'stability-matrix',
    file: 'settings.json',
    text: '\ufeff{"ModelDirectoryOverride":"/shared/Models","Theme":"Dark"}',
    models: '/shared/Models',
    folders: {},
  },
  'StabilityMatrix with its own folder': {
    app: 'stability-matrix',
    file: 'settings.json',
    text: '{"ModelDirectoryOverride":null}',
    folders: {},
  },
  'the settings of Fooocus': {
    app: 'fooocus',
    file: 'config.txt',
    text: JSON.stringify({ path_checkpoints: ['/a', '/b'], path_loras: 'my/loras', path_vae: [] }),
    folders: { checkpoint: '/a', lora: 'my/loras' },
  },
};

it.each(Object.entries(rows))('%s', async (_what, { app, file, text, models, folders }) => {
  const { settings, problems } = await read(app, file, text);
  const absolute = Object.entries(folders).map(([purpose, path]) => [
    purpose,
    path.startsWith('/') ? path : sandbox.path('app', path),
  ]);
  expect(problems).toEqual([]);
  expect(settings.models).toBe(models);
  expect(settings.folders).toEqual(Object.fromEntries(absolute));
});

describe('settings that cannot be read', () => {
  it.each<readonly [app: App, file: string, text: string]>([
    ['comfyui', extra, 'comfyui:\n  - a list\n'],
    ['comfyui', extra, 'comfyui: {base_path: /x}\n'],
    ['comfyui', extra, 'comfyui:\n  base_path: &anchor /x\n'],
    ['comfyui', extra, 'comfyui:\n    a: 1\n  b: 2\n'],
    ['comfyui', extra, 'comfyui: x\n  a: 1\n'],
    ['sdnext', 'config.json', '{"lora_dir": '],
    ['sdnext', 'config.json', '[]'],
    ['stability-matrix', 'settings.json', 'null'],
    ['fooocus', 'config.txt', '"text"'],
    ['swarmui', fds, 'Paths:\n\t- x\n'],
  ])('are told, and the defaults hold: %s %s %j', async (app, file, text) => {
    const { settings, problems } = await read(app, file, text);
    expect(settings).toEqual({ folders: {} });
    expect(problems).toEqual([expect.any(ConfigError)]);
    expect(String(problems[0])).toContain(sandbox.path('app', file));
    expect(String(problems[0])).toMatch(/default folders are used\.$/);
  });
});

it.each<App>(['comfyui', 'sdnext', 'swarmui', 'stability-matrix', 'fooocus', 'a1111', 'forge'])(
  'the settings of %s can be missing',
  (app) => {
    const problems: unknown[] = [];
    const settings = readAppSettings(app, sandbox.path('app'), context, (error) => problems.push(error));
    expect({ settings, problems }).toEqual({ settings: { folders: {} }, problems: [] });
  },
);
