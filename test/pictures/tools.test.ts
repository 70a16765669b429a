import { expect, it } from 'vitest';
import { referencesOfTexts } from '../../src/pictures/read-texts.js';
import { inShort } from './references.js';

const sha256 = 'abcdef0123456789'.repeat(4);
const SHA256 = sha256.toUpperCase();

interface Case {
  readonly texts: Readonly<Record<string, string>>;
  readonly names: readonly string[];
}

const a1111 = (details: string, prompt = 'a lantern, (ink:1.2)\nNegative prompt: fog'): Case['texts'] => ({
  parameters: `${prompt}\n${details}`,
});

const cases: Readonly<Record<string, Case>> = {
  'A1111: everything with a hash': {
    texts: a1111(
      'Steps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, Seed: 1, Size: 512x512, ' +
        'Model hash: 0a1b2c3d4e, Model: lantern_v2, VAE hash: 1111111111, VAE: sharp.safetensors, ' +
        'Lora hashes: "ink: 0123456789ab, paper: ba9876543210", TI hashes: "easynegative: c74b4e810b03, easynegative: c74b4e810b03", ' +
        'Refiner: refined_v1 [0a1b2c3d4f], Refiner switch at: 0.8, Version: v1.10.1',
      'a lantern <lora:ink:0.8> <lora:paper:1>\nNegative prompt: easynegative',
    ),
    names: [
      'embedding easynegative: beginning of SHA256 C74B4E810B03',
      'lora ink: AutoV3 or SHA256 0123456789AB',
      'lora paper: AutoV3 or SHA256 BA9876543210',
      'checkpoint lantern_v2: AutoV2 0A1B2C3D4E',
      'vae sharp.safetensors: AutoV2 1111111111',
      'refiner refined_v1: AutoV2 0A1B2C3D4F',
    ],
  },
  'A1111: names and empty hashes': {
    texts: a1111(
      'Steps: 20, Sampler: Euler, Model: lantern_v2, VAE hash: None, VAE: Automatic, Refiner: None, ' +
        'Lora hashes: "ink: , paper: xyz, short: 1234", Hypernet: net, Hypernet strength: 0.5',
      'x <lora:tag:0.8> <lyco:other:1> <hypernet:net:1>',
    ),
    names: [
      'checkpoint lantern_v2 ?',
      'lora ink ?',
      'lora paper ?',
      'lora short ?',
      'other net ?',
      'lora tag ?',
      'lora other ?',
    ],
  },
  'A1111 before 2023': {
    texts: a1111('Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, Model hash: 81761151'),
    names: ['checkpoint: AutoV1 81761151'],
  },
  'A1111: Additional Networks': {
    texts: a1111(
      'Steps: 20, Sampler: Euler, AddNet Enabled: True, AddNet Module 1: LoRA, AddNet Model 1: ink(0123456789ab), ' +
        'AddNet Weight A 1: 0.8, AddNet Module 2: LoRA, AddNet Model 2: paper(01234567), AddNet Model 3: None',
    ),
    names: ['lora ink: AutoV3 or SHA256 0123456789AB', 'lora paper ?'],
  },
  'A1111: prompts that look like settings': {
    texts: a1111(
      'Steps: 20, Sampler: Euler a, Model hash: 0a1b2c3d4e, Model: lantern',
      'Steps: 5, Sampler: x, Model hash: ffffffffff\na, Lora hashes: "no: 0123456789ab", b: c, d: e\n' +
        'Negative prompt: x\nSteps: 9, Sampler: y, Model hash: eeeeeeeeee, VAE hash: eeeeeeeeee',
    ),
    names: ['checkpoint lantern: AutoV2 0A1B2C3D4E'],
  },
  'A1111: a template after the settings': {
    texts: a1111(
      'Steps: 20, Sampler: Euler a, Model hash: 0a1b2c3d4e, Model: lantern\nTemplate: style: a, mood: b, Model hash: c\n' +
        'Negative Template: x: y, z: a, Model hash: ffffffffff',
    ),
    names: ['checkpoint lantern: AutoV2 0A1B2C3D4E'],
  },
  'A1111: values with commas, colons, quotes and line ends': {
    texts: a1111(
      'Steps: 20, Sampler: Euler a, Wildcard prompt: "a, Model hash: ffffffffff, \\"b\\", Lora hashes: \\"x: eeeeeeeeee\\"\\nSteps: 5, c", ' +
        'Hires steps: 4, Hires Steps: 5, ControlNet 0: "Module: canny, Model: control [aaaaaaaa], Weight: 1", Model hash: 0a1b2c3d4e, Model: lantern: 2\r',
    ),
    names: ['checkpoint lantern: 2: AutoV2 0A1B2C3D4E'],
  },
  'all in one line': {
    texts: {
      parameters:
        'Parameters                      : <lora:ink:1> Steps: 7, VAE hash: ffffffffff, text.Negative prompt: low quality.' +
        'Steps: 24, Sampler: Euler a, Model hash: 23d793a158, Model: Generic, Wildcard prompt: "  Steps: 9, Model hash: ffffffffff", ' +
        'Lora hashes: "ink: bed61886a493", Version: v1.9.3',
    },
    names: ['lora ink: AutoV3 or SHA256 BED61886A493', 'checkpoint Generic: AutoV2 23D793A158'],
  },
  'all in one line, with commas': {
    texts: {
      parameters:
        'A text, detailed,Negative prompt: ,Steps: 4, Sampler: Euler, Model hash: 23d793a158, Model: Generic',
    },
    names: ['checkpoint Generic: AutoV2 23D793A158'],
  },
  'the Civitai extension': {
    texts: a1111(
      'Steps: 20, Sampler: Euler a, Model hash: 0a1b2c3d4e, Model: lantern, Lora hashes: "ink: 0123456789ab", Version: v1.10.1, ' +
        'Hashes: {"model": "0a1b2c3d4e", "vae": "1111111111", "lora:ink": "2222222222", "lora:a}], b": "3333333333", "embed:bad": "4444444444", "hypernet:net": "", "lora:": null}',
    ),
    names: [
      'lora ink: AutoV3 or SHA256 0123456789AB',
      'checkpoint lantern: AutoV2 0A1B2C3D4E',
      'vae: AutoV2 1111111111',
      'lora ink: AutoV2 2222222222',
      'lora a}], b: AutoV2 3333333333',
      'embedding bad: AutoV2 4444444444',
      'other net ?',
    ],
  },
  Forge: {
    texts: a1111(
      'Steps: 20, Sampler: Euler, Model hash: 0a1b2c3d4e, Model: flux, Module 1: ae, Module 2: clip_l, Module 3: t5xxl_fp8, Version: f2.0.1',
    ),
    names: ['checkpoint flux: AutoV2 0A1B2C3D4E', 'other ae ?', 'other clip_l ?', 'other t5xxl_fp8 ?'],
  },
  'SD.Next': {
    texts: a1111(
      'Steps: 20, Size: 1024x1024, Sampler: Euler, Model: lantern, Model hash: 0a1b2c3d4e, VAE: sharp, App: SD.Next, Version: 058a7f0, LoRA networks: ink, LoRA hashes: 01234567',
    ),
    names: ['checkpoint lantern: AutoV2 0A1B2C3D4E', 'vae sharp ?', 'lora ink ?'],
  },
  'SD.Next with eight digits': {
    texts: a1111('Steps: 20, Sampler: Euler, Model: lantern, Model hash: 0a1b2c3d, App: SD.Next'),
    names: ['checkpoint lantern ?'],
  },
  'Fooocus, its own form': {
    texts: {
      fooocus_scheme: 'fooocus',
      parameters: JSON.stringify({
        base_model: 'lantern.safetensors',
        base_model_hash: '0a1b2c3d4e',
        refiner_model: 'None',
        refiner_model_hash: null,
        vae: 'Default (model)',
        loras: [['ink.safetensors', 0.5, '0123456789'], ['broken'], 'x', [null, 1, '1111111111']],
        prompt: 'a lantern',
      }),
    },
    names: [
      'checkpoint lantern.safetensors: AutoV2 0A1B2C3D4E',
      'lora ink.safetensors: AutoV2 0123456789',
      'lora: AutoV2 1111111111',
      'lora broken ?',
    ],
  },
  "Fooocus, A1111's form": {
    texts: {
      fooocus_scheme: 'a1111',
      parameters:
        'a lantern\nNegative prompt: fog\nSteps: 30, Sampler: DPM++ 2M SDE Karras, Seed: 1, Size: 896x1152, Model hash: 0a1b2c3d4e, Model: lantern, ' +
        'Refiner: refined, Refiner hash: 0a1b2c3d4f, Lora hashes: "ink: 0123456789, paper: ba98765432", Version: Fooocus v2.5.5',
    },
    names: [
      'checkpoint lantern: AutoV2 0A1B2C3D4E',
      'refiner refined: AutoV2 0A1B2C3D4F',
      'lora ink: AutoV2 0123456789',
      'lora paper: AutoV2 BA98765432',
    ],
  },
  RuinedFooocus: {
    texts: {
      parameters: JSON.stringify({
        Prompt: 'x',
        base_model_name: 'lantern.safetensors',
        base_model_hash: '0a1b2c3d4e',
        software: 'RuinedFooocus',
      }),
    },
    names: ['checkpoint lantern.safetensors: AutoV2 0A1B2C3D4E'],
  },
  'SwarmUI with hashes': {
    texts: {
      usercomment: JSON.stringify({
        sui_image_params: {
          model: 'sdxl/lantern',
          vae: 'None',
          loras: ['ink'],
          loraweights: ['1'],
          prompt: 'x',
        },
        sui_models: [
          { name: 'sdxl/lantern.safetensors', param: 'model', hash: `0x${sha256}` },
          { name: 'ink.safetensors', param: 'loras', hash: `0x${'1'.repeat(64)}` },
          { name: 'c.safetensors', param: 'controlnetmodel', hash: '0x12345678' },
        ],
      }),
    },
    names: [
      'checkpoint sdxl/lantern.safetensors: AutoV3 ABCDEF012345',
      'lora ink.safetensors: AutoV3 111111111111',
      'other c.safetensors ?',
    ],
  },
  'SwarmUI without hashes': {
    texts: {
      parameters:
        '{"sui_image_params": {"model": "lantern", "loras": ["ink", "paper"], "refinervae": "v", "cfgscale": NaN}}',
    },
    names: ['checkpoint lantern ?', 'lora ink ?', 'lora paper ?', 'vae v ?'],
  },
  InvokeAI: {
    texts: {
      invokeai_workflow: '{}',
      invokeai_metadata: JSON.stringify({
        generation_mode: 'sdxl_txt2img',
        positive_prompt: 'x',
        model: { key: 'k', hash: `blake3:${'1'.repeat(64)}`, name: 'Lantern', base: 'sdxl', type: 'main' },
        vae: { key: 'k', hash: `blake3_single:${'2'.repeat(64)}`, name: 'Sharp', base: 'sdxl', type: 'vae' },
        loras: [
          { model: { key: 'k', hash: 'random:123', name: 'Ink', base: 'sdxl', type: 'lora' }, weight: 1 },
          {
            model: { key: 'k', hash: `sha256:${sha256}`, name: 'Paper', base: 'sdxl', type: 'lora' },
            weight: 1,
          },
        ],
        controlnets: [
          {
            control_model: {
              key: 'k',
              hash: `blake3:${'3'.repeat(64)}`,
              name: 'Canny',
              base: 'sdxl',
              type: 'controlnet',
            },
          },
        ],
        refiner_model: {
          key: 'k',
          hash: `blake3:${'4'.repeat(64)}`,
          name: 'Refined',
          base: 'sdxl-refiner',
          type: 'main',
        },
      }),
    },
    names: [
      `lora Paper: SHA256 ${SHA256}`,
      `checkpoint Lantern: BLAKE3 ${'1'.repeat(64)}`,
      `vae Sharp: BLAKE3 ${'2'.repeat(64)}`,
      `other Canny: BLAKE3 ${'3'.repeat(64)}`,
      `refiner Refined: BLAKE3 ${'4'.repeat(64)}`,
      'lora Ink ?',
    ],
  },
  'Image Saver': {
    texts: {
      prompt: JSON.stringify({
        1: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'sdxl\\lantern.safetensors' } },
        2: { class_type: 'K', inputs: { model: ['1', 0] } },
      }),
      parameters:
        'a lantern\nNegative prompt: fog\nSteps: 4, Sampler: Euler, CFG scale: 1.0, Seed: 1, Size: 1088x1920, Model hash: 0A1B2C3D4E, Model: lantern, ' +
        'Hashes: {"model": "0A1B2C3D4E", "lora:ink": "2222222222"}, Version: ComfyUI, ' +
        'Civitai resources: [{"modelName":"Lan}]tern, \\"x\\"","versionName":"v1","air":"urn:air:sdxl:checkpoint:civitai:12345@67890"},' +
        '{"modelName":"Ink","versionName":"v1.0","weight":1.0,"air":"urn:air:flux2:lora:civitai:11111@22222"},{"air":"urn:air:sdxl:lora:huggingface:a/b@main"}]',
    },
    names: [
      'checkpoint Lan}]tern, "x" = 12345@67890',
      'lora Ink = 11111@22222',
      'lora ink: AutoV2 2222222222',
      'lora urn:air:sdxl:lora:huggingface:a/b@main ?',
    ],
  },
  "Civitai's generator": {
    texts: {
      usercomment:
        'a princess\nNegative prompt: photo\nSteps: 40, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 2, Size: 1216x832, Clip skip: 2, Created Date: 2026-02-25T22:09:08.8166925Z, ' +
        'Civitai resources: [{"type":"checkpoint","modelVersionId":1714314,"modelName":"Plant Milk \\uD83C\\uDF3F - Model, Suite","modelVersionName":"Hemp II"},{"type":"lora","weight":0.8,"modelVersionId":22}], ' +
        'Civitai metadata: {"workflow":"txt2img","aspectRatio":{"value":"3:2"},"prompt":"Steps: 5, Model hash: ffffffffff","remixOfId":5,"resources":[{"modelVersionId":1714314,"strength":1,"type":"Checkpoint"},{"modelVersionId":23,"type":"LORA"}]}',
    },
    names: ['checkpoint Plant Milk 🌿 - Model, Suite = 1714314', 'lora = 22', 'lora = 23'],
  },
  StabilityMatrix: {
    texts: {
      ...a1111(
        'Steps: 20, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 1024x1024, Model hash: 0a1b2c3d4e, Model: lantern',
      ),
      'parameters-json': '{"ModelHash":"ffffffffff"}',
      smproj: '{"x":1}',
    },
    names: ['checkpoint lantern: AutoV2 0A1B2C3D4E'],
  },
  NovelAI: {
    texts: {
      software: 'NovelAI',
      description: 'a cat, style: ink',
      source: 'Stable Diffusion 81274D13',
      comment: '{"prompt":"a cat","steps":28,"models":["x"]}',
    },
    names: [],
  },
  'a prompt of dynamic words that begins like JSON': {
    texts: a1111('Steps: 20, Sampler: Euler, Model hash: 0a1b2c3d4e, Model: lantern', '{cat|dog} in {a|b}'),
    names: ['checkpoint lantern: AutoV2 0A1B2C3D4E'],
  },
  'one model twice, with hashes of different lengths': {
    texts: {
      parameters: a1111('Steps: 20, Sampler: Euler, Model hash: abcdef01, Model: lantern').parameters ?? '',
      usercomment:
        a1111(`Steps: 20, Sampler: Euler, Model hash: abcdef0123, Hashes: {"model": "${sha256}"}`)
          .parameters ?? '',
    },
    names: [`checkpoint: SHA256 ${SHA256}`],
  },
};

it.each(Object.entries(cases))('reads the models of a picture by %s', (_tool, { texts, names }) => {
  const read = Object.entries(texts).map(([keyword, text]) => ({ keyword, text }));
  expect(inShort(referencesOfTexts(read))).toEqual(names);
});

it('says why a model cannot be looked up', () => {
  const text =
    'x\nSteps: 20, Sampler: Euler, Model: lantern, LoRA networks: ink, LoRA hashes: 01234567, Lora hashes: "paper: xyz"';
  const reasons = referencesOfTexts([{ keyword: 'parameters', text }]).map(
    (reference) => 'reason' in reference && [reference.name, reference.reason],
  );
  expect(reasons).toEqual([
    ['lantern', 'the picture has only its name, and other files can have the same'],
    ['paper', 'its hash in the picture has no known form'],
    ['ink', 'SD.Next writes only 8 digits of its hash, which many files share'],
  ]);
});
