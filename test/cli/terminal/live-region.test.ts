import { afterEach, describe, expect, it } from 'vitest';
import { LiveRegion } from '../../../src/cli/terminal/live-region.js';
import type { BarState } from '../../../src/cli/terminal/progress-bar.js';
import { Screen } from '../../harness/screen.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const BEGIN_UPDATE = '\u001b[?2026h';
const END_UPDATE = '\u001b[?2026l';

let close = () => {};
afterEach(() => close());

function openRegion({ columns = 40, rows = 12 } = {}) {
  const screen = new Screen(columns, rows);
  const written: string[] = [];
  const exits = new Set<() => void>();
  const stderr = {
    columns,
    rows,
    write: (data: string) => {
      written.push(data);
      screen.write(data);
    },
  };
  const region = new LiveRegion({
    stderr,
    atExit: (action) => {
      exits.add(action);
      return () => exits.delete(action);
    },
  });
  close = () => region.close();
  const resize = async (newColumns: number) => {
    await screen.lines();
    stderr.columns = newColumns;
    screen.resize(newColumns, rows);
  };
  return { region, screen, written, exits, resize };
}

function bar(label: string, value = 0, total: number | undefined = 100): BarState {
  return { label, unit: 'images', value, total, bytesPerSecond: undefined };
}

const line = (label: string, value: number) =>
  expect.stringMatching(new RegExp(`^${label} .* ${value}/100$`));

describe('a live region', () => {
  it('shows bars with their values, and printed lines above them', async () => {
    const { region, screen } = openRegion();
    region.print('before');
    const one = region.addBar(bar('one'));
    const two = region.addBar(bar('two', 10));
    one.update(50);
    region.print('during');
    await expect.poll(() => screen.text()).toEqual(['before', 'during', line('one', 50), line('two', 10)]);
    two.update(20, { label: 'second' });
    region.removeBar(one);
    expect(await screen.text()).toEqual(['before', 'during', line('second', 20)]);
  });

  it('keeps the footer at the bottom', async () => {
    const { region, screen } = openRegion();
    const footer = region.addFooter(bar('all', 0, 200));
    region.addBar(bar('one', 1));
    footer.update(1);
    await expect
      .poll(() => screen.text())
      .toEqual([line('one', 1), expect.stringMatching(/^all .* 1\/200$/)]);
  });

  it('draws nothing while it is suspended, so that a question stays as it is', async () => {
    const { region, screen, written } = openRegion();
    const one = region.addBar(bar('one'));
    one.update(1);
    await expect.poll(() => screen.text()).toEqual([line('one', 1)]);
    const resume = region.suspend();
    screen.write('Key?');
    const drawn = written.length;
    one.update(50);
    region.print('during');
    region.removeBar(region.addBar(bar('two')));
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(written).toHaveLength(drawn);
    expect(written.at(-1)).toBe(SHOW_CURSOR);
    expect(await screen.text()).toEqual(['Key?']);
    screen.write('\n');
    resume();
    await expect.poll(() => screen.text()).toEqual(['Key?', 'during', line('one', 50)]);
    expect(written).toContain(HIDE_CURSOR);
  });

  it('gives a hidden bar no row', async () => {
    const { region, screen } = openRegion();
    const one = region.addBar(bar('one'));
    region.addBar(bar('two', 2));
    one.update({ isHidden: true });
    await expect.poll(() => screen.text()).toEqual([line('two', 2)]);
  });

  it('counts the bars for which the terminal has too few rows', async () => {
    const { region, screen } = openRegion({ rows: 9 });
    region.addFooter(bar('footer'));
    for (const label of ['a', 'b', 'c', 'd']) region.addBar(bar(label));
    await expect
      .poll(() => screen.text())
      .toEqual([line('a', 0), line('b', 0), 'and 2 more', line('footer', 0)]);
  });

  it('leaves nothing of wrapped bars when the terminal gets narrower', async () => {
    const { region, screen, resize } = openRegion({ columns: 60 });
    region.addBar(bar('模型', 3));
    await expect.poll(() => screen.text()).toEqual([line('模型', 3)]);
    await resize(25);
    region.print('printed');
    await expect.poll(() => screen.text()).toEqual(['printed', expect.stringMatching(/^模型 +3\/100$/)]);
  });

  it('gives way to other output until the next frame', async () => {
    const { region, screen, written } = openRegion();
    region.addBar(bar('one'));
    await expect.poll(() => screen.text()).toEqual([line('one', 0)]);
    region.print('printed');
    region.clear();
    expect(await screen.text()).toEqual(['printed']);
    screen.write('foreign\n');
    await expect.poll(() => screen.text()).toEqual(['printed', 'foreign', line('one', 0)]);
    // The cursor, the bar, the line that replaces it, the bar again.
    expect(written).toHaveLength(4);
  });

  it('prints all lines before it closes, and restores the cursor', async () => {
    const { region, screen, written, exits } = openRegion();
    region.addBar(bar('one'));
    expect(exits.size).toBe(1);
    region.print('last');
    region.close();
    region.close();
    region.print('after');
    expect(exits.size).toBe(0);
    expect(await screen.text()).toEqual(['last', 'after']);
    expect(written).toEqual([HIDE_CURSOR, `${BEGIN_UPDATE}last\n${END_UPDATE}`, SHOW_CURSOR, 'after\n']);
  });

  it('restores the cursor at an exit that does not close it', () => {
    const { region, written, exits } = openRegion();
    region.addBar(bar('one'));
    for (const exit of exits) exit();
    expect(written).toEqual([HIDE_CURSOR, SHOW_CURSOR]);
  });
});
