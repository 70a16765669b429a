import { describe, expect, it } from 'vitest';
import { fileCautions, modelCautions } from '../../src/civitai/cautions.js';
import type { ModelFile } from '../../src/civitai/model.js';
import { fileOf, modelOf } from './samples.js';

const pickle =
  /^a\.ckpt is a pickle file, which can run code when it is loaded\. --no-pickle avoids such files\.$/;

describe('a file', () => {
  it.each<
    readonly [given: Partial<ModelFile>, codes: readonly string[], message: string | RegExp | undefined]
  >([
    [{}, [], undefined],
    [{ name: 'a.ckpt' }, ['pickle'], pickle],
    [
      { name: 'a.ckpt', format: 'PickleTensor', pickleScan: 'Success', virusScan: 'success' },
      ['pickle'],
      pickle,
    ],
    [{ pickleScan: 'Success', virusScan: 'Success' }, [], undefined],
    [{ pickleScan: '', virusScan: '' }, [], undefined],
    [
      { name: 'a', pickleScan: 'Danger', virusScan: 'Success' },
      ['scan-result'],
      "Civitai's scan of a was not successful (pickle scan: Danger).",
    ],
    [
      { name: 'a', pickleScan: 'Pending', virusScan: 'Error' },
      ['scan-result'],
      "Civitai's scan of a was not successful (pickle scan: Pending, virus scan: Error).",
    ],
    [
      { name: 'a', pickleScan: 'Pending', virusScan: 'Pending' },
      ['scan-result'],
      'Civitai has not scanned a yet (pickle scan: Pending, virus scan: Pending).',
    ],
    [
      { name: 'a', virusScan: 'Quarantined' },
      ['scan-result'],
      "Civitai's scan of a was not successful (virus scan: Quarantined).",
    ],
    [{ name: 'a.pt', virusScan: 'Danger' }, ['pickle', 'scan-result'], undefined],
  ])('%j: %j', (given, codes, message) => {
    const cautions = fileCautions(fileOf(1, given));
    expect(cautions.map(({ code }) => code)).toEqual(codes);
    if (message !== undefined)
      expect(cautions[0]?.message).toEqual(
        typeof message === 'string' ? message : expect.stringMatching(message),
      );
  });
});

it.each([
  ['LORA', []],
  ['lora', []],
  ['Other', []],
  ['Hologram', ['Ink (model 66) is of the unknown type Hologram, so its folder may be wrong.']],
])('a model of type %s: %j', (type, messages) => {
  expect(modelCautions(modelOf(66, { name: 'Ink', type })).map(({ message }) => message)).toEqual(messages);
});
