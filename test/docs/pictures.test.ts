import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { masked } from '../scripts/pictures/masked.js';
import { scenes } from '../scripts/pictures/scenes.js';
import { screenOf, textOf } from '../scripts/pictures/screen.js';
import { describedIn, svgOf } from '../scripts/pictures/svg.js';
import { readPages, repository } from './page.js';

/** The pictures are part of the package. */
const MAX_BYTES = 30_000;

const folder = `${repository}doc/pictures`;
const ESC = '\u001b';

it('There is a picture of every scene, and no other', () => {
  expect(readdirSync(folder).sort()).toEqual(scenes.map(({ name }) => `${name}.svg`).sort());
});

describe.each(scenes)('the picture $name', ({ name }) => {
  const svg = readFileSync(`${folder}/${name}.svg`, 'utf8');

  it('is small, and asks nobody for anything', () => {
    expect(svg.length).toBeLessThan(MAX_BYTES);
    expect(svg).not.toMatch(/href|url\(|@import|<script/);
  });

  it('is on a page', () => {
    const links = readPages().flatMap(({ links }) => links);
    expect(links.filter((link) => link.endsWith(`pictures/${name}.svg`))).not.toEqual([]);
  });

  it('has every letter of its description, in its order', () => {
    const letters = (text: string) => text.replace(/[█░\s]/g, '');
    const drawn = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text = '']) => text);
    expect(letters(drawn.join(''))).toBe(letters(describedIn(svg.replaceAll('&', '&amp;'))));
  });
});

describe('a picture of a terminal', () => {
  it('shows what a terminal would: colours, and only what is left after the cursor has moved', async () => {
    const output = `${ESC}[1mbold${ESC}[22m\r\ngone${ESC}[2K${ESC}[1G${ESC}[31mred <&>${ESC}[39m  ██░ end\r\n\r\n`;
    const lines = await screenOf(output, 40);
    expect(textOf(lines)).toBe('bold\nred <&>  ██░ end');
    const svg = svgOf(lines, 40, 'Title');
    expect(describedIn(svg)).toBe('bold\nred <&>  ██░ end');
    expect(svg).toMatch(/<text class="b" [^>]*>bold</);
    expect(svg).toMatch(/<text class="c1" [^>]*>red &lt;&amp;&gt;</);
    expect(svg.match(/<rect/g)).toHaveLength(3);
  });

  it('is the same as another when only numbers and meters differ', () => {
    expect(masked('██░░ 50 %  1.5 MB of 3.00 MB  0:59 left')).toBe(
      masked('█░░░  8 %  250 kB of 3 MB  3 s left').replace('0 s', '0'),
    );
    expect(masked('1 done')).not.toBe(masked('1 failed'));
  });
});
