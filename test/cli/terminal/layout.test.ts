import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { listLines, logLayout } from '../../../src/cli/terminal/layout.js';
import { createTerminalLayout } from '../../../src/cli/terminal/terminal-layout.js';

describe('a list', () => {
  it('has commas between its items, and lines that fit', () => {
    expect(listLines(['12345', '23456', '34567'], 17, stringWidth)).toEqual(['  12345, 23456,', '  34567']);
    expect(listLines([], 17, stringWidth)).toEqual([]);
  });

  it('keeps an item whole that is longer than a line', () => {
    expect(listLines(['a', 'x'.repeat(20), 'b'], 12, stringWidth)).toEqual([
      '  a,',
      `  ${'x'.repeat(20)},`,
      '  b',
    ]);
  });
});

describe('the layout of a log', () => {
  it('keeps lines of any length, and lists of 100 columns', () => {
    const long = 'word '.repeat(100).trim();
    expect(logLayout.wrap(long, '  ')).toEqual([`  ${long}`]);
    expect(logLayout.command(['civitdl', ...long.split(' ')])).toEqual([`  civitdl ${long}`]);
    const lines = logLayout.list(Array(100).fill('700001'));
    for (const line of lines) expect(line.length).toBeLessThan(100);
  });
});

describe('the layout of a terminal', () => {
  const layout = createTerminalLayout({ columns: 24 }, '/');

  it('wraps texts between words, with an indent of its own for the lines after the first', () => {
    expect(layout.wrap('Check the id on the page of the model.', '', '  ')).toEqual([
      'Check the id on the',
      '  page of the model.',
    ]);
    expect(layout.wrap('Check the id on the page.', '  ')).toEqual(['  Check the id on the', '  page.']);
  });

  it('cuts a path at its beginning rather than in two', () => {
    expect(layout.path('in', '/home/me/models')).toBe('in /home/me/models');
    expect(layout.path('in', '/home/me/models/模型/loras')).toBe('in …e/models/模型/loras');
  });

  it('follows the width of the terminal', () => {
    const terminal = { columns: 80 };
    const changing = createTerminalLayout(terminal);
    expect(changing.wrap('one two three four five six')).toHaveLength(1);
    terminal.columns = 12;
    expect(changing.wrap('one two three four five six')).toHaveLength(3);
  });

  it('wraps a command so that a shell still reads it as one', () => {
    const words = ['civitdl', '399999', "'a b'", './models', '--pause-time', '0'];
    expect(layout.command(words)).toEqual([
      '  civitdl 399999 \\',
      "    'a b' ./models \\",
      '    --pause-time 0',
    ]);
    expect(createTerminalLayout({ columns: 24 }, '\\').command(words)).toEqual([`  ${words.join(' ')}`]);
  });

  it('makes every line narrower than the terminal, and loses no letter', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    fc.assert(
      fc.property(text, fc.integer({ min: 12, max: 100 }), (words, columns) => {
        const lines = createTerminalLayout({ columns }).wrap(words, '  ', '    ');
        for (const line of lines) expect(stringWidth(line)).toBeLessThan(columns);
        expect(lines.join('').replace(/\s+/g, '')).toBe(words.replace(/\s+/g, ''));
      }),
    );
  });
});
