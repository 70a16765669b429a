import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { masked } from './pictures/masked.js';
import { columnsOf, play, scenes } from './pictures/scenes.js';
import { svgOf } from './pictures/svg.js';

/**
 * `npm run pictures`: draws the pictures of the pages from real runs. A picture stays as it is if only speeds, times
 * and sizes differ.
 */

const folder = fileURLToPath(new URL('../../doc/pictures/', import.meta.url));
await mkdir(folder, { recursive: true });
for (const scene of scenes) {
  const path = join(folder, `${scene.name}.svg`);
  const svg = svgOf(await play(scene), columnsOf(scene), scene.title);
  const before = await readFile(path, 'utf8').catch(() => '');
  const isSame = masked(before) === masked(svg);
  if (!isSame) await writeFile(path, svg);
  process.stdout.write(`${isSame ? 'as before' : 'drawn    '}  ${path}\n`);
}
