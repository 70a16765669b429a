import { expect, it } from 'vitest';
import { hasAllParts } from '../../src/civitai/checkpoint-parts.js';

const header = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { dtype: 'F16', shape: [1], data_offsets: [0, 2] }]));

const transformer = ['double_blocks.0.img_attn.qkv.weight', 'double_blocks.0.img_attn.qkv.bias'];

it.each<readonly [what: string, json: unknown, expected: boolean | undefined]>([
  ['a transformer', header(...transformer), false],
  ['a transformer with a prefix', header('model.diffusion_model.final_layer.weight'), false],
  ...[
    'first_stage_model.decoder.conv_in.weight',
    'vae.decoder.conv_in.bias',
    'cond_stage_model.transformer.text_model.final_layer_norm.weight',
    'conditioner.embedders.0.transformer.text_model.final_layer_norm.weight',
    'text_encoders.t5xxl.transformer.shared.weight',
  ].map((name) => [name, header(...transformer, name), true] as const),
  ['names in a list', { tensors: [{ name: transformer[0] }, { name: 'vae.encoder.conv_in.weight' }] }, true],
  ['only texts of the trainer', { __metadata__: { ss_vae_name: 'vae.safetensors' } }, undefined],
  [
    'a VAE that only the trainer names',
    { __metadata__: { ss_vae_name: 'vae.safetensors' }, ...header(...transformer) },
    false,
  ],
  ['a block that is named after one', header('blocks.0.vae.adapter.weight'), false],
  ['a summary', { tensorCount: 780, parameters: { F16: 11_901_408_320 } }, undefined],
  ['nothing', null, undefined],
  ['another type', 7, undefined],
  ['an empty list', [], undefined],
])('%s', (_what, json, expected) => {
  expect(hasAllParts(json)).toBe(expected);
});
