import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { masked } from '../support/pictures/masked.js';
import { play, scenes } from '../support/pictures/scenes.js';
import { textOf } from '../support/pictures/screen.js';
import { describedIn } from '../support/pictures/svg.js';
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
