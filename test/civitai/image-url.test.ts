import { describe, expect, it } from 'vitest';
import { imageId, originalUrl } from '../../src/civitai/images.js';
import { imageOf } from './samples.js';

const host = 'https://image.civitai.com/key/1b2c3d4e-0000';

describe('the URL of an image as it was uploaded', () => {
  it.each([
    [
      'asks for the original of a small one',
      `${host}/width=450/456789.jpeg`,
      'image',
      `${host}/original=true/456789.jpeg`,
    ],
    [
      'asks for the original of any other',
      `${host}/anim=false,width=450/1.jpeg`,
      'image',
      `${host}/original=true/1.jpeg`,
    ],
    ['stays the original', `${host}/original=true/456789.jpeg`, 'image', `${host}/original=true/456789.jpeg`],
    [
      'asks for a video that moves',
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
    ['stays as it is without parameters', `${host}/456789.jpeg`, 'image', `${host}/456789.jpeg`],
    ['stays as it is without a folder', 'https://example.com/1.jpeg', 'video', 'https://example.com/1.jpeg'],
  ] as const)('%s', (_what, url, type, original) => {
    expect(originalUrl(imageOf('', { url, type })).href).toBe(original);
  });
});

describe("an image's id", () => {
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
