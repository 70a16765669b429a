import { open } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { CivitdlError } from '../../src/errors.js';
import { referencesOfImage } from '../../src/pictures/image-entry.js';
import { readPictureFile } from '../../src/pictures/picture-file.js';
import { referencesOfTexts } from '../../src/pictures/read-texts.js';
import { resolveReferences } from '../../src/pictures/resolve-references.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { mangle } from '../harness/mangle.js';
import { seededRandom } from '../scripts/shared/random.js';
import {
  chunk,
  compressedText,
  cutChunk,
  internationalText,
  jpeg,
  jpegExif,
  plainText,
  png,
  pngStart,
  riffChunk,
  segment,
  tiff,
  userComment,
  utf16,
  webp,
  webpExif,
} from './build-picture.js';
import { inShort } from './references.js';

const MEGABYTE = 1024 * 1024;
const text = 'x\nSteps: 20, Sampler: Euler, Model hash: 0a1b2c3d4e, Model: lantern';
const right = plainText('parameters', text);
const names = ['checkpoint lantern: AutoV2 0A1B2C3D4E'];

/** Reads bytes as a picture in bounded time; an error must be one of ours. */
async function read(bytes: Uint8Array): Promise<readonly string[] | CivitdlError> {
  const path = await sandbox.write('picture', bytes);
  const started = performance.now();
  try {
    return inShort(await readPictureFile(path));
  } catch (error) {
    expect(error).toBeInstanceOf(CivitdlError);
    return error as CivitdlError;
  } finally {
    expect(performance.now() - started).toBeLessThan(10_000);
  }
}

const noModels = expect.objectContaining({ code: 'no-models' });
const bomb = compressedText('parameters', Buffer.alloc(17 * MEGABYTE));
const deep = (open: string, close: string) => `${open.repeat(100_000)}${close.repeat(100_000)}`;

describe('chunks', () => {
  const pictures: Readonly<Record<string, readonly [bytes: () => Uint8Array, expected: unknown]>> = {
    'of 2 GB in a small PNG': [
      () => pngStart(right, cutChunk('tEXt', 0x7fffffff, Buffer.from('parameters\0x'))),
      names,
    ],
    'of 4 GB in a small PNG': [() => pngStart(cutChunk('eXIf', 0xffffffff)), noModels],
    'of 4 GB in a small WebP': [() => webp(Buffer.from('EXIF\xff\xff\xff\xff', 'latin1')), noModels],
    'without a keyword': [
      () =>
        png([
          chunk('tEXt', Buffer.from('parameters')),
          chunk('zTXt'),
          chunk('iTXt', Buffer.from('parameters\0')),
          chunk('iTXt', Buffer.from('parameters\0\x01\0en')),
        ]),
      noModels,
    ],
    'that grow a thousandfold': [
      () =>
        png([
          compressedText('parameters', Buffer.alloc(50 * MEGABYTE)),
          compressedText('prompt', Buffer.alloc(30 * MEGABYTE, '[')),
          right,
        ]),
      names,
    ],
    'that grow a thousandfold, in UTF-8': [
      () => png([internationalText('workflow', 'x'.repeat(20 * MEGABYTE), true), right]),
      names,
    ],
    'that grow a thousandfold, four thousand': [
      () => png([right, ...Array<Buffer>(4_000).fill(bomb)]),
      names,
    ],
    'that are not compressed': [
      () => png([chunk('zTXt', Buffer.from('parameters\0\0no zlib')), right]),
      names,
    ],
    'of 30 MB together': [
      () => png([...Array.from({ length: 3 }, () => plainText('parameters', 'x'.repeat(10 * MEGABYTE)))]),
      noModels,
    ],
    'of no length, 300,000': [() => pngStart(Buffer.alloc(12 * 300_000, chunk('tEXt'))), noModels],
    'of no length, 300,000 in a WebP': [
      () => webp(Buffer.alloc(8 * 300_000, riffChunk('VP8 ', Buffer.alloc(0)))),
      noModels,
    ],
    'of the right kind, ten thousand': [() => png(Array.from({ length: 10_000 }, () => right)), names],
    'of a JPEG without a length': [
      () => jpeg(Buffer.of(0xff, 0xe1, 0, 0), segment(0xfe, Buffer.from(text))),
      noModels,
    ],
    'of a JPEG, filled by a megabyte': [() => jpeg(Buffer.alloc(MEGABYTE, 0xff)), noModels],
  };
  it.for(Object.entries(pictures))('are bounded: %s', async ([, [bytes, expected]]) => {
    expect(await read(bytes())).toEqual(expected);
  });

  it('are not read when they are of the picture: a file of 8 GB', async () => {
    const path = await sandbox.write('picture', pngStart(cutChunk('IDAT', 0x7fffffff)));
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    const end = size + 0x7fffffff + 4;
    await file.write(Buffer.concat([right, cutChunk('IDAT', 0xffffffff)]), 0, undefined, end);
    await file.truncate(8 * 1024 * MEGABYTE);
    await file.close();
    const before = process.memoryUsage().arrayBuffers;
    expect(inShort(await readPictureFile(path))).toEqual(names);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * MEGABYTE);
  });
});

describe('EXIF data', () => {
  const comment = userComment('UNICODE', utf16(text, 'BE'));
  const patched = (position: number, value: number) => {
    const bytes = tiff({ exif: [comment] });
    bytes.writeUInt32BE(value, position);
    return png([chunk('eXIf', bytes)]);
  };
  // The pointer is the only entry of the first directory.
  const pictures: Readonly<Record<string, readonly [bytes: Uint8Array, expected: unknown]>> = {
    whole: [jpegExif({ exif: [comment] }), names],
    'whose directory is itself': [patched(8 + 2 + 8, 8), noModels],
    'whose directory is far away': [patched(8 + 2 + 8, 0xfffffff0), noModels],
    'whose first directory is far away': [patched(4, 0xffffffff), noModels],
    'with 65,535 entries': [
      png([
        chunk('eXIf', Buffer.concat([Buffer.from('MM\0*\0\0\0\x08\xff\xff', 'latin1'), Buffer.alloc(20, 1)])),
      ]),
      noModels,
    ],
    'with a value of 4 GB': [
      (() => {
        const bytes = tiff({ ifd0: [comment] });
        bytes.writeUInt32BE(0xffffffff, 8 + 2 + 4);
        return webp(riffChunk('EXIF', bytes));
      })(),
      names,
    ],
    'of another byte order': [png([chunk('eXIf', Buffer.from('XX\0*\0\0\0\x08'))]), noModels],
    'of two bytes': [png([chunk('eXIf', Buffer.from('II'))]), noModels],
    'with a thousand times the same value': [
      webpExif({ ifd0: Array.from({ length: 1_000 }, () => comment) }),
      names,
    ],
  };
  it.for(Object.entries(pictures))('are bounded: %s', async ([, [bytes, expected]]) => {
    expect(await read(bytes)).toEqual(expected);
  });
});

describe('texts', () => {
  /** A function that is not linear takes minutes. */
  const fill = (part: string) => part.repeat(MEGABYTE / 2 / part.length);
  const texts: Readonly<Record<string, string>> = {
    'JSON of 100,000 levels': deep('[', ']'),
    'objects of 100,000 levels': deep('{"nodes":', '}').replace('}', '1}'),
    'brackets that are not closed': `Steps: 1, a: ${fill('{')}, b: 1`,
    'values that are not closed': fill('key: {, '),
    'quotes that are not closed': fill('key: ", '),
    'quotes that are escaped': `{"${fill('\\"')}`,
    'a thousand settings in each other': `Steps: 1, a: "${fill('\\\\')}`,
    'Steps without commas': fill('Steps: '),
    'Steps with commas': fill('Steps: 1, '),
    commas: fill(','),
    colons: fill(': '),
    'commas, and a colon at the end': `${fill(',')} a: b`,
    'line ends': fill('\n'),
    'lines of settings': fill('a: b, c: d\n'),
    zeros: `${fill('\0')}x`,
    blanks: `{${fill(' ')}x`,
    tags: fill('<lora:'),
    names: `Steps: 1, Sampler: x, Lora hashes: "${Array.from({ length: 30_000 }, (_, index) => `n${index}: 0123456789ab`).join(', ')}"`,
    AIRs: `{"1":{"class_type":"A","inputs":{"a":"${fill('urn:air:')}"}}}`,
    embeddings: `{"1":{"class_type":"A","inputs":{"a":"${fill('embedding:')}"}}}`,
    'names of files': `{"1":{"class_type":"A","inputs":{"a":[${'"x.pt",'.repeat(30_000)}1],"b":"${fill('x.pt')}"}}}`,
    nodes: `{${Array.from({ length: 20_000 }, (_, index) => `"${index}":{"class_type":"A","inputs":{"vae_name":"n${index}","a":["${index}",0]}}`).join(',')}}`,
    'models of InvokeAI': `{"a":[${Array.from({ length: 20_000 }, (_, index) => `{"name":"n${index}","base":"x"}`).join(',')}]}`,
    Refiners: `Steps: 1, Sampler: x, Refiner: ${fill(' [')}`,
    AddNet: `Steps: 1, Sampler: x, AddNet Model 1: ${fill('(')}`,
    'words that JSON does not know': `{"nodes": [${fill('NaN,')}]`,
  };
  it.for(Object.entries(texts))('are read in bounded time: %s', ([, content]) => {
    const started = performance.now();
    for (const keyword of ['parameters', 'prompt', 'workflow', 'invokeai_metadata'])
      expect(referencesOfTexts([{ keyword, text: content }]).length).toBeLessThanOrEqual(500);
    referencesOfImage({ meta: { comfy: content, hashes: content, prompt: content, resources: content } });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('give names in one line, without control characters', () => {
    const name = '\u001b[2J\u0007evil\n\u202efile ';
    const [reference] = referencesOfTexts([
      { keyword: 'parameters', text: JSON.stringify({ base_model: `${name}${'x'.repeat(1_000)}` }) },
    ]);
    expect(reference?.name).toMatch(/^\[2J evil file x{50,200}$/);
    expect(reference?.name?.length).toBeLessThanOrEqual(200);
  });
});

describe('any bytes', () => {
  const pictures: readonly Buffer[] = [
    png(
      [right, compressedText('workflow', '{"nodes":[{"type":"LoraLoader","widgets_values":["a.pt"]}]}')],
      [internationalText('prompt', '{"1":{"class_type":"A","inputs":{"vae_name":"b"}}}', true)],
    ),
    png([chunk('eXIf', tiff({ isLittleEndian: true, ifd0: [userComment('ASCII', Buffer.from(text))] }))]),
    jpegExif({
      ifd0: [userComment('', Buffer.from(text), 2)],
      exif: [userComment('UNICODE', utf16(text, 'LE'))],
    }),
    webpExif({ isLittleEndian: true, exif: [userComment('UNICODE', utf16(text, 'BE'))] }),
    Buffer.from(
      '{"nodes":[{"type":"LoraLoader","widgets_values":["a.pt"],"properties":{"models":[{"name":"x","url":"https://civitai.com/api/download/models/5"}]}}]}',
    ),
  ];

  it('are read, or refused with one of our errors', async () => {
    const starts = pictures.map((picture) => picture.subarray(0, 12));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(Buffer.alloc(0), ...starts),
        fc.uint8Array({ maxLength: 300 }),
        async (start, bytes) => {
          await read(Buffer.concat([start, bytes]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('at which a picture ends are read, or refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pictures), fc.nat(), async (picture, length) => {
        await read(picture.subarray(0, length % (picture.length + 1)));
      }),
      { numRuns: 200 },
    );
  });

  it('in place of others are read, or refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pictures), fc.nat(), async (picture, seed) => {
        await read(mangle(picture, seededRandom(seed)));
      }),
      { numRuns: 400 },
    );
  });

  it('in the answer of the API are read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('meta', 'modelVersionIds', 'x'), fc.jsonValue()),
        fc.dictionary(
          fc.constantFrom(
            'hashes',
            'resources',
            'civitaiResources',
            'comfy',
            'Model',
            'Model hash',
            'versionIds',
          ),
          fc.jsonValue(),
        ),
        async (image, meta) => {
          for (const one of [image, { ...image, meta }, { meta: { meta } }]) {
            const references = referencesOfImage(one);
            const client = {
              getOwners: async () => new Map(),
              getModelVersionByHash: async () => ({
                id: 1,
                name: '',
                baseModel: '',
                files: [],
                images: [],
                json: {},
              }),
            };
            const { found, unresolved } = await resolveReferences(
              references,
              client,
              new AbortController().signal,
            );
            expect(found.length + unresolved.length).toBeLessThanOrEqual(references.length);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
