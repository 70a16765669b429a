import { describe, expect, it } from 'vitest';
import {
  ANY,
  baseModelAdvice,
  baseModels,
  fileFormats,
  findName,
  isFormatList,
  isListOf,
  modelTypes,
  nameKey,
  parseFormats,
  parseIsoDate,
  parseNames,
  parseVersionChoice,
  periods,
  precisions,
  similarBaseModels,
  sortOrders,
} from '../../src/options/civitai-names.js';

const lists = { modelTypes, fileFormats, precisions, sortOrders, periods, baseModels };

it.each(Object.entries(lists))('%s differ in more than case, blanks and punctuation', (_name, names) => {
  expect(new Set(names.map(nameKey)).size).toBe(names.length);
  expect(names.map(nameKey)).not.toContain(ANY);
});

describe('a name', () => {
  it.each([
    ['SDXL 1.0', 'SDXL 1.0'],
    ['sdxl1.0', 'SDXL 1.0'],
    ['Sdxl-1.0', 'SDXL 1.0'],
    ['  flux.1 d ', 'Flux.1 D'],
    ['FLUX1D', 'Flux.1 D'],
    ['SDXL', undefined],
    ['', undefined],
  ])('%j is %j', (text, name) => {
    expect(findName(baseModels, text)).toBe(name);
  });

  it('of punctuation only is different from others', () => {
    expect(nameKey('***')).not.toBe(nameKey('+++'));
  });
});

describe('a list', () => {
  it.each([
    ['', []],
    [' , ', []],
    ['sdxl1.0, pony', ['SDXL 1.0', 'Pony']],
    ['Pony,PONY,pony', ['Pony']],
    ['Brand New 3,pony', ['Brand New 3', 'Pony']],
  ])('%j names %j', (text, names) => {
    expect(parseNames(text, baseModels)).toEqual(names);
  });

  it('of a closed set has only its names', () => {
    expect(isListOf('lora, text encoder', modelTypes)).toBe(true);
    expect(isListOf('', modelTypes)).toBe(true);
    expect(isListOf('lora,lorra', modelTypes)).toBe(false);
  });

  it.each([
    ['safetensors', ['SafeTensor']],
    ['SafeTensor, safetensors', ['SafeTensor']],
    ['gguf,.safetensors,Pickle', ['GGUF', 'SafeTensor', 'PickleTensor']],
    ['coreml, any', ['Core ML', 'any']],
    ['', []],
  ])('of formats %j names %j', (text, names) => {
    expect(parseFormats(text)).toEqual(names);
    expect(isFormatList(text)).toBe(true);
  });

  it('of formats has no others', () => {
    expect(isFormatList('gguf,zip')).toBe(false);
  });
});

it.each([
  ['default', 'default'],
  ['Latest', 'latest'],
  [' ALL ', 'all'],
  ['1', 1],
  ['20', 20],
  ['0', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['newest', undefined],
  ['', undefined],
])('the versions %j are %j', (text, choice) => {
  expect(parseVersionChoice(text)).toBe(choice);
});

it.each([
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['2026-01-31T10:30', '2026-01-31T10:30:00.000Z'],
  ['2026-01-31 10:30:15', '2026-01-31T10:30:15.000Z'],
  ['2026-01-31T10:30:15.123Z', '2026-01-31T10:30:15.123Z'],
  ['2026-01-31t10:30z', '2026-01-31T10:30:00.000Z'],
  ['2026-01-31T00:30+01:00', '2026-01-30T23:30:00.000Z'],
  ['2026-01-31T00:30-0530', '2026-01-31T06:00:00.000Z'],
  ['2026-02-30', undefined],
  ['2026-02-29', undefined],
  ['2026-13-01', undefined],
  ['2026-01-31T25:00', undefined],
  ['2026-1-31', undefined],
  ['31.01.2026', undefined],
  ['yesterday', undefined],
  ['', undefined],
])('the date %j is %j', (text, iso) => {
  expect(parseIsoDate(text)?.toISOString()).toBe(iso);
});

describe('the base models that a name may mean', () => {
  it.each([
    ['SDXL', ['SDXL 1.0']],
    ['sd xl', ['SDXL 1.0']],
    ['SDLX', ['SDXL 1.0']],
    ['sdxi', ['SDXL 1.0']],
    ['SD', ['SD 1.5', 'SDXL 1.0']],
    ['SD 1', ['SD 1.5']],
    ['Flux', ['Flux.1 D']],
    ['Flux.2', ['Flux.2 D', 'Flux.2 Klein 9B', 'Flux.2 Klein 9B-base']],
    ['Ponny', ['Pony']],
    ['illustrius', ['Illustrious']],
    ['Noob', ['NoobAI']],
    ['Wan', ['Wan Video', 'Wan Video 1.3B t2v', 'Wan Video 14B t2v']],
    ['', []],
    ['x', []],
    ['A Base Model Of Next Year', []],
  ])('of %j are %j', (name, expected) => {
    expect(similarBaseModels(name)).toEqual(expected);
  });

  it('are alternatives in the advice', () => {
    expect(baseModelAdvice(['Pony', 'SD', 'sdlx', 'Next Year'])).toEqual([
      "No base model is known as 'SD'. Did you mean SD 1.5 or SDXL 1.0?",
      "No base model is known as 'sdlx'. Did you mean SDXL 1.0?",
    ]);
  });
});
