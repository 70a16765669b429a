import { describe, expect, it } from 'vitest';
import { parseAir } from '../../src/civitai/air.js';
import { UsageError } from '../../src/errors.js';
import { expectParsedFast, model, testMeanings, version } from './parsing.js';

testMeanings({
  'an AIR': [
    ['urn:air:sdxl:lora:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['air:flux1:checkpoint:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['sdxl:lora:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['sdxl:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['urn:air:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['URN:AIR:SDXL:LORA:CIVITAI:827184@2514310', version(2514310, { modelId: 827184 })],
    ['urn:air:sd1:embedding:civitai:827184', model(827184)],
    ['civitai:827184', model(827184)],
    ['urn:air:zimage-turbo:text_encoders:civitai:1@2', version(2, { modelId: 1 })],
    ['urn:air:sdxl:lora:civitai:1@2+3', version(2, { modelId: 1, file: { fileId: 3 } })],
    ['civitai:1@2+3', version(2, { modelId: 1, file: { fileId: 3 } })],
    ['urn:air:sdxl:lora:civitai:1@2+3.safetensors', version(2, { modelId: 1, file: { fileId: 3 } })],
    ['urn:air:sdxl:lora:civitai:1@2.safetensors', version(2, { modelId: 1 })],
    ['urn:air:sdxl:lora:civitai:1.safetensors', model(1)],
    ['civitai:1@2.fp16.safetensors', version(2, { modelId: 1 })],
    ['civitai:1@2+3.fp16.safetensors', version(2, { modelId: 1, file: { fileId: 3 } })],
    ['civitai:1@2-beta', /contains an invalid id/],
    ['civitai:latest', /contains an invalid id/],
    ['sdxl:lora:civitai:', /is not a valid AIR/],
    ['civitai:1@2+latest', /is not a valid AIR/],
    ['sdxl:lora:huggingface:owner/name@main', /an AIR of huggingface\. Only AIRs of civitai/],
    ['orchestrator:1@2', /an AIR of orchestrator/],
    ['urn:air:sdxl:lora:civitai:1+3', /names file 3 without its version/],
    ['urn:air:sdxl:lora:civitai:0@2', /contains an invalid id/],
    ['urn:air:sdxl:lora:civitai:1@0', /contains an invalid id/],
    ['urn:air:sdxl:lora:civitai:1@2147483648', /contains an invalid id/],
    ['urn:air:sdxl:lora:civitai:1@latest', /contains an invalid id/],
    ['urn:air:sdxl:lora:civitai:1@2+2147483648', /contains an invalid id/],
    ['urn:air:sdxl:lora:civitai:', /is not a valid AIR\. Example: urn:air:/],
    ['urn:air:', /is not a valid AIR/],
    ['urn:air:flux1:lora:huggingface:owner/name@main', /an AIR of huggingface\. Only AIRs of civitai/],
    ['urn:air:sdxl:lora:civitai-r2:bucket/x@1', /an AIR of civitai-r2/],
    ['air:sdxl:lora:orchestrator:1@2', /an AIR of orchestrator/],
  ],
});

describe('a very long AIR that is only invalid at its end', () => {
  it.each([
    `civitai:1@1${'.a'.repeat(50_000)}!`,
    `civitai:1${'.a'.repeat(50_000)}!`,
    `civitai:1@2+3${'.a'.repeat(50_000)}!`,
  ])('is refused fast', (text) => {
    expect(() => parseAir(text)).toThrow(UsageError);
    expectParsedFast(text);
  });
});
