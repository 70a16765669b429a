import { describe, expect, it } from 'vitest';
import { allowedImages, imageId, isSafe, mergeImages, originalUrl } from '../../src/civitai/images.js';
import { imageOf, modelOf } from './samples.js';

const levels = [0, 1, 2, 4, 8, 16, 32];
const images = levels.map((nsfwLevel) => imageOf(`${nsfwLevel}.jpeg`, { nsfwLevel }));

describe('a level', () => {
  it.each([
    [0, false],
    [1, true],
    [2, true],
    [3, true],
    [4, false],
    [5, false],
    [8, false],
    [28, false],
    [29, false],
    [32, false],
  ])('%i is safe: %s', (level, isIt) => {
    expect(isSafe(level)).toBe(isIt);
  });
});

describe('the allowed images', () => {
  it.each([
    ['safe ones only, in mode 0', 0, 31, [1, 2]],
    ['safe ones only, in mode 0 of a model of any level', 0, 32, [1, 2]],
    ['safe ones only, of a model without a rating', 1, 0, [1, 2]],
    ['safe ones only, of a model with PG', 1, 1, [1, 2]],
    ['safe ones only, of a model with PG and PG-13', 1, 3, [1, 2]],
    ['up to R, of a model with PG and R', 1, 5, [1, 2, 4]],
    ['up to XXX, of a model with R, X and XXX', 1, 28, [1, 2, 4, 8, 16]],
    ['up to XXX, of a model with all but PG-13', 1, 29, [1, 2, 4, 8, 16]],
    ['safe ones only, of a model with nothing but blocked images', 1, 32, [1, 2]],
    ['up to PG-13, of a model with PG and blocked images', 1, 33, [1, 2]],
    ['up to R, of a model with R and blocked images', 1, 36, [1, 2, 4]],
    ['up to X, of a model with PG, X and blocked images', 1, 41, [1, 2, 4, 8]],
    ['up to XXX, of a model with all but safe ones', 1, 60, [1, 2, 4, 8, 16]],
    ['all, in mode 2 of a model with blocked images', 2, 60, levels],
    ['all, even without a rating, in mode 2', 2, 1, levels],
  ])('are %s', (_what, mode, nsfwLevel, allowed) => {
    const chosen = allowedImages(modelOf(66, { nsfwLevel }), images, mode);
    expect(chosen.map((image) => image.nsfwLevel)).toEqual(allowed);
  });

  it('are compared by the highest of several levels', () => {
    const image = imageOf('1.jpeg', { nsfwLevel: 5 });
    expect(allowedImages(modelOf(66, { nsfwLevel: 4 }), [image], 1)).toEqual([image]);
    expect(allowedImages(modelOf(66, { nsfwLevel: 3 }), [image], 1)).toEqual([]);
  });

  it('keep their order', () => {
    const mixed = [
      imageOf('b', { nsfwLevel: 2 }),
      imageOf('x', { nsfwLevel: 16 }),
      imageOf('a', { nsfwLevel: 1 }),
    ];
    expect(allowedImages(modelOf(66), mixed, 0)).toEqual([mixed[0], mixed[2]]);
  });
});

const host = 'https://image.civitai.com/key/1b2c3d4e-0000';

describe('the original URL of an image', () => {
  it.each([
    ['replaces a width', `${host}/width=450/456789.jpeg`, 'image', `${host}/original=true/456789.jpeg`],
    [
      'replaces several parameters',
      `${host}/anim=false,width=450/1.jpeg`,
      'image',
      `${host}/original=true/1.jpeg`,
    ],
    [
      'keeps the parameters of the original',
      `${host}/original=true/456789.jpeg`,
      'image',
      `${host}/original=true/456789.jpeg`,
    ],
    [
      'requests a video that moves',
      `${host}/original=true/1.mp4`,
      'video',
      `${host}/original=true,quality=100/1.mp4`,
    ],
    ['keeps its query', `${host}/width=450/1.jpeg?x=y`, 'image', `${host}/original=true/1.jpeg?x=y`],
    [
      'keeps a name with an equals sign',
      `${host}/width=450/a=b.jpeg`,
      'image',
      `${host}/original=true/a=b.jpeg`,
    ],
    ['is the same without parameters', `${host}/456789.jpeg`, 'image', `${host}/456789.jpeg`],
    ['is the same without a folder', 'https://example.com/1.jpeg', 'video', 'https://example.com/1.jpeg'],
  ] as const)('%s', (_what, url, type, original) => {
    expect(originalUrl(imageOf('', { url, type })).href).toBe(original);
  });
});

describe('the id of an image', () => {
  it.each([
    [`${host}/original=true/456789.jpeg`, '456789'],
    [`${host}/original=true/456789.mp4?x=1.2#y.z`, '456789'],
    [`${host}/original=true/456789`, '456789'],
    [`${host}/original=true/a.b.png`, 'a.b'],
    [`${host}/original=true/caf%C3%A9.png`, 'café'],
    [`${host}/original=true/..%2F..%2Fx.png`, '../../x'],
    [`${host}/original=true/100%.png`, '100%'],
    [`${host}/original=true/%ff.png`, '%ff'],
    [`${host}/original=true/.png`, ''],
    ['https://example.com/', ''],
    ['https://example.com', ''],
  ])('of %s is %j', (url, id) => {
    expect(imageId(url)).toBe(id);
  });
});

describe('images of two endpoints', () => {
  const account = 'https://image.civitai.com/xG1nkqKTMzGDvpLrqFT7WA';
  const uuid = '1b2c3d4e-0000-4000-8000-00000000abcd';
  const other = '1b2c3d4e-0000-4000-8000-00000000abce';
  const meta = { prompt: 'lantern' };
  type Row = readonly [why: string, listed: string, detailed: string, id?: unknown];
  const merged = ([, listed, detailed, id]: Row) => {
    const details = imageOf('', { url: detailed, json: { url: detailed, id, meta } });
    return mergeImages([imageOf('', { url: listed })], [details])[0]?.json.meta;
  };

  const same: readonly Row[] = [
    ['with one URL', `${account}/${uuid}/original=true/5.jpeg`, `${account}/${uuid}/original=true/5.jpeg`],
    ['with one number', `${account}/${uuid}/original=true/5.jpeg`, `${account}/${other}/width=450/5.png`],
    [
      'with the id of the entry',
      `${account}/${uuid}/original=true/5.jpeg`,
      `${account}/x/width=450/x.png`,
      5,
    ],
    ['with one UUID', `${account}/${uuid}/original=true/5.jpeg`, `${account}/${uuid}/width=450/a.png`],
    ['with the UUID as its name', `${account}/${uuid}/original=true/5.jpeg`, `${account}/x/y/${uuid}.jpeg`],
    ['with one UUID in capitals', `${account}/${uuid}/a/5.jpeg`, `${account}/${uuid.toUpperCase()}/a/6.jpeg`],
    ['with one name, without UUIDs', `${account}/x/original=true/a.jpeg`, `${account}/x/width=450/a.png`],
  ];
  it.each(same.map((row) => ({ why: row[0], row })))('are one image $why', ({ row }) => {
    expect(merged(row)).toEqual(meta);
  });

  const different: readonly Row[] = [
    ['with other numbers', `${account}/x/original=true/5.jpeg`, `${account}/x/original=true/6.jpeg`],
    ['with another id', `${account}/${uuid}/a/5.jpeg`, `${account}/x/a/x.jpeg`, 6],
    ['with one name, but other UUIDs', `${account}/${uuid}/a/twin.jpeg`, `${account}/${other}/a/twin.jpeg`],
    ['with an id that is a text', `${account}/x/a/5.jpeg`, `${account}/x/a/x.jpeg`, '5'],
    ['with other names', `${account}/x/a/a.jpeg`, `${account}/x/a/b.jpeg`],
  ];
  it.each(different.map((row) => ({ why: row[0], row })))('are two images $why', ({ row }) => {
    expect(merged(row)).toBeUndefined();
  });
});

it('does not change an image without generation data', () => {
  const image = imageOf('2.jpeg');
  expect(mergeImages([image], [imageOf('2.jpeg', { json: { meta: null } })])).toEqual([image]);
  expect(mergeImages([image], [])).toEqual([image]);
  expect(mergeImages([image], [imageOf('3.jpeg', { json: { meta: {} } })])).toEqual([image]);
});
