import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type ModelLine, messageLine, modelLine } from '../../../src/cli/report/model-line.js';
import { createStyle } from '../../../src/cli/terminal/style.js';

const plain = createStyle(false);
const line: ModelLine = {
  sign: '✓',
  name: 'Paper Lantern Ink',
  version: 'v2',
  page: 'https://civitai.com/models/191977?modelVersionId=216190',
  kind: 'LORA, SDXL 1.0',
  size: '3.15 MB',
  time: '4 s',
  path: 'Paper Lantern Ink/PaperLanternInk-v2-mid_191977-vid_216190.safetensors',
};

describe('the line of a model', () => {
  it.each([
    [
      140,
      '✓ Paper Lantern Ink v2                  LORA, SDXL 1.0             3.15 MB       4 s  …PaperLanternInk-v2-mid_191977-vid_216190.safetensors',
    ],
    [
      120,
      '✓ Paper Lantern Ink v2                  LORA, SDXL 1.0             3.15 MB       4 s  …id_191977-vid_216190.safetensors',
    ],
    [100, '✓ Paper Lantern Ink v2                      LORA, SDXL 1.0         3.15 MB       4 s'],
    [80, '✓ Paper Lantern Ink v2                 LORA, SDXL 1.0         3.15 MB       4 s'],
    [40, '✓ Paper Lantern In…   3.15 MB       4 s'],
    [30, '✓ Paper Lantern Ink v2'],
    [12, '✓ Paper La…'],
  ])('on %i columns leaves out what there is no room for', (columns, expected) => {
    const shown = modelLine(line, columns, plain);
    expect(shown).toBe(expected);
    expect(stringWidth(shown)).toBeLessThan(columns);
  });

  it('cuts the name rather than the version', () => {
    const long = { ...line, name: 'A model with a name that is rather long', version: 'v2.0 fp16' };
    expect(modelLine(long, 80, plain)).toMatch(/^✓ A model with a name that… v2\.0 fp16 {2}LORA/);
  });

  it('has the reason of a failure beside the name, as far as there is room', () => {
    const failure = { sign: '✗', name: '399999', version: '', page: undefined };
    const reason = 'Model 399999 was not found (No model with id 399999).';
    expect(messageLine(failure, reason, 40, plain)).toBe('✗ 399999  Model 399999 was not found (…');
    expect(messageLine(failure, reason, 120, plain)).toBe(`✗ 399999${' '.repeat(32)}${reason}`);
  });

  it('is narrower than the terminal, whatever the model is called', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    const style = createStyle(true, true);
    fc.assert(
      fc.property(text, text, text, fc.integer({ min: 12, max: 200 }), (name, version, path, columns) => {
        const named = { ...line, name, version, path };
        expect(stringWidth(modelLine(named, columns, style))).toBeLessThan(columns);
        expect(stringWidth(messageLine(named, path, columns, style))).toBeLessThan(columns);
      }),
    );
  });
});
