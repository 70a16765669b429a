import { expect } from 'vitest';
import { civitai, test } from '../harness/fixture.js';
import { ids } from './catalog.js';

async function imageUrls(version: number): Promise<string[]> {
  const response = await fetch(`${civitai.url}/api/v1/model-versions/${version}`);
  const { images } = (await response.json()) as { images: { url: string }[] };
  return images.map(({ url }) => url);
}

async function typeOf(url: string): Promise<string | null> {
  return (await fetch(url)).headers.get('content-type');
}

test('URLs have the shape of the real ones, and extensions may lie', async () => {
  const [png = '', webp = '', video = ''] = await imageUrls(ids.formats.version);
  expect(png).toMatch(/\/xG1nkqKTMzGDvpLrqFT7WA\/[0-9a-f-]{36}\/original=true\/4000601\.jpeg$/);
  expect(await Promise.all([png, webp].map(typeOf))).toEqual(['image/png', 'image/webp']);
  expect(video).toMatch(/original=true\/4000603\.mp4$/);
});

test('a video is a still unless asked for in the right way', async () => {
  const [, , original = ''] = await imageUrls(ids.formats.version);
  const asked = (parameters: string) => typeOf(original.replace('original=true', parameters));
  expect(await typeOf(original)).toBe('image/webp');
  expect(await asked('original=true,quality=100')).toBe('video/mp4');
  expect(await asked('transcode=true,width=450')).toBe('video/mp4');
  expect(await asked('anim=false,transcode=true,width=450')).toBe('image/jpeg');
});

test('one image is dead, one has moved to another host', async () => {
  const [, dead = ''] = await imageUrls(ids.deadImage.version);
  expect((await fetch(dead)).status).toBe(404);
  const moved = await fetch((await imageUrls(ids.formats.version))[3] ?? '');
  expect(moved.redirected).toBe(true);
  expect(moved.url).toContain(civitai.origins.b2);
  expect(moved.headers.get('content-type')).toBe('image/jpeg');
});

test('two images have one name and different bytes', async () => {
  const urls = await imageUrls(ids.twinImages.version);
  expect(urls.map((url) => url.split('/').at(-1))).toEqual(['twin.jpeg', 'twin.jpeg']);
  const [one, other] = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
  expect(one).not.toBe(other);
});
