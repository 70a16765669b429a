import { describe, expect, it } from 'vitest';
import { describeFormats, fittingFiles, formatOf, isPickle } from '../../src/civitai/fitting-files.js';
import type { ModelFile } from '../../src/civitai/model.js';
import { DEFAULT_SELECTION, type Selection } from '../../src/civitai/selection.js';
import { fileOf } from './samples.js';

describe('a file', () => {
  it.each<readonly [given: Partial<ModelFile>, format: string | undefined, isPickle: boolean]>([
    [{ name: 'a.safetensors', format: 'SafeTensor' }, 'SafeTensor', false],
    [{ name: 'a.safetensors' }, 'SafeTensor', false],
    [{ name: 'a.SAFETENSORS', format: 'Other' }, 'SafeTensor', false],
    [{ name: 'a.ckpt', format: 'PickleTensor' }, 'PickleTensor', true],
    [{ name: 'a.ckpt' }, 'PickleTensor', true],
    [{ name: 'a.pt' }, 'PickleTensor', true],
    [{ name: 'a.PTH' }, 'PickleTensor', true],
    [{ name: 'a.bin ' }, 'PickleTensor', true],
    // The extension and the format contradict each other.
    [{ name: 'a.ckpt', format: 'SafeTensor' }, 'SafeTensor', true],
    [{ name: 'a.safetensors', format: 'PickleTensor' }, 'PickleTensor', true],
    [{ name: 'a.safetensors', format: 'pickle tensor' }, 'pickle tensor', true],
    [{ name: 'a.gguf', format: 'GGUF' }, 'GGUF', false],
    [{ name: 'a.gguf' }, 'GGUF', false],
    [{ name: 'a.zip', format: 'Other' }, 'Other', false],
    [{ name: 'pt' }, undefined, false],
    [{ name: 'a.ckpt.zip' }, undefined, false],
  ])('%j has the format %j; pickle: %j', (given, format, pickle) => {
    const file = fileOf(1, given);
    expect(formatOf(file)).toBe(format);
    expect(isPickle(file)).toBe(pickle);
  });
});

describe('the files that fit', () => {
  const files = [
    fileOf(1, { name: 'a.ckpt', format: 'PickleTensor', precision: 'fp16' }),
    fileOf(2, { format: 'SafeTensor', precision: 'fp32' }),
    fileOf(3, { format: 'SafeTensor', precision: 'fp16' }),
    fileOf(4, { format: 'SafeTensor' }),
    fileOf(5, { name: 'a.gguf', format: 'GGUF', quantType: 'Q8_0' }),
    fileOf(6, { name: 'b.gguf', format: 'GGUF', quantType: 'Q4_K_M', precision: 'fp16' }),
  ];

  it.each<readonly [given: Partial<Selection>, ids: readonly number[]]>([
    [{}, [1, 2, 3, 4, 5, 6]],
    [{ noPickle: true }, [2, 3, 4, 5, 6]],
    [{ formats: ['GGUF', 'SafeTensor'] }, [5, 6, 2, 3, 4]],
    [{ formats: ['safe tensor'] }, [2, 3, 4]],
    [{ formats: ['GGUF', 'any'] }, [5, 6, 1, 2, 3, 4]],
    [{ formats: ['any', 'GGUF'] }, [5, 6, 1, 2, 3, 4]],
    [{ precisions: ['fp16'] }, [1, 3, 6]],
    [{ precisions: ['fp16', 'any'] }, [1, 3, 6, 2, 4, 5]],
    [{ precisions: ['q4km', 'Q8-0'] }, [6, 5]],
    [{ formats: ['SafeTensor', 'PickleTensor'], precisions: ['fp32', 'fp16'] }, [2, 3, 1]],
    [{ formats: ['SafeTensor', 'PickleTensor'], precisions: ['fp16', 'fp32'], noPickle: true }, [3, 2]],
    [{ formats: ['PickleTensor'], noPickle: true }, []],
    [{ precisions: ['bf16'] }, []],
  ])('%j are %j', (given, ids) => {
    expect(fittingFiles(files, { ...DEFAULT_SELECTION, ...given }).map(({ id }) => id)).toEqual(ids);
  });

  it('are described by format and precision', () => {
    expect(describeFormats([...files, fileOf(7, { name: 'x' }), fileOf(8, { format: 'SafeTensor' })])).toBe(
      'PickleTensor fp16, SafeTensor fp32, SafeTensor fp16, SafeTensor, GGUF Q8_0, GGUF fp16 Q4_K_M, unknown format',
    );
  });
});
