import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { masked } from '../scripts/pictures/masked.js';
import { play, scenes } from '../scripts/pictures/scenes.js';
import { textOf } from '../scripts/pictures/screen.js';
import { describedIn } from '../scripts/pictures/svg.js';
import { repository } from './page.js';

it.concurrent.for(scenes)(
  'the picture $name is what the command still prints; otherwise: npm run pictures',
  async (scene, { expect: expected }) => {
    const svg = readFileSync(`${repository}doc/pictures/${scene.name}.svg`, 'utf8');
    expected(masked(describedIn(svg))).toBe(masked(textOf(await play(scene))));
  },
);

it('There are scenes to look at', () => {
  expect(scenes.length).toBeGreaterThan(0);
});
