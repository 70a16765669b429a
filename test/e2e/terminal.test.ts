import { beforeEach, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { open } from '../harness/terminal.js';

const ESC = String.fromCharCode(27);
const HIDE_CURSOR = `${ESC}[?25l`;
const SHOW_CURSOR = `${ESC}[?25h`;
const model = String(ids.mainExample.model);
const target = 'Paper Lantern Ink/PaperLanternInk-v2-mid_191977-vid_216190.safetensors';
const partFiles = [`${target}.part`, `${target}.part.json`];
let env: Record<string, string>;
beforeEach(() => {
  env = { CIVITAI_API_KEY: civitai.goodKey };
});

const bytesOfStorage = () => civitai.requestsTo('storage').reduce((sum, { bytesSent }) => sum + bytesSent, 0);

it.each([40, 80, 160])(
  'draws a bar that fits %i columns, and leaves the cursor as it was',
  async (columns) => {
    civitai.setRate(4_000_000);
    const terminal = open('civitdl', [model, 'models'], sandbox, { columns, env });
    expect(await terminal.ended).toBe(0);
    // Each frame starts at the beginning of the line.
    const lines = terminal.output.split(new RegExp(`[\\r\\n]|${ESC}\\[1G`));
    const bars = lines.filter((line) => /[█░]/.test(line));
    expect(bars.length).toBeGreaterThan(2);
    for (const bar of bars) expect(visible(bar).length).toBeLessThan(columns);
    expect(terminal.output).toMatch(columns < 80 ? /\d+ % / : /\d+ % +[\d.]+ [kM]?B of 3\.15 MB/);
    expect(terminal.output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(
      terminal.output.lastIndexOf(HIDE_CURSOR),
    );
  },
);

it('colours its words, unless NO_COLOR or --no-with-color say not to', async () => {
  const colours = new RegExp(`${ESC}\\[3\\dm`);
  const outputs = [
    open('civitdl', [model, 'models'], sandbox, { env }),
    open('civitdl', [model, 'plain'], sandbox, { env: { ...env, NO_COLOR: '1' } }),
    open('civitdl', [model, 'plainer', '--no-with-color'], sandbox, { env }),
  ];
  const shown = await Promise.all(
    outputs.map(async (terminal) => terminal.ended.then(() => terminal.output)),
  );
  expect(shown.map((output) => colours.test(output))).toEqual([true, false, false]);
});

it('lets no name of a model move the cursor', async () => {
  const terminal = open('civitdl', [String(ids.names.escape.model), 'models'], sandbox, { env });
  expect(await terminal.ended).toBe(0);
  expect(terminal.output).not.toContain(`${ESC}[2J`);
});

it('ends at Ctrl-C with 130, the cursor restored and what was received kept, and goes on in the next run', async () => {
  civitai.setRate(1_500_000);
  const terminal = open('civitdl', [model, 'models', '-i', '0'], sandbox, { env });
  await terminal.shows(/[3-9]\d % /);
  terminal.type('\x03');
  expect(await terminal.ended).toBe(130);
  expect(terminal.output).toContain('Interrupted.');
  expect(terminal.output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(terminal.output.lastIndexOf(HIDE_CURSOR));
  expect(await sandbox.tree()).toEqual(partFiles);

  civitai.setRate(undefined);
  const again = open('civitdl', [model, 'models', '-i', '0'], sandbox, { env });
  expect(await again.ended).toBe(0);
  expect(await sandbox.tree()).toContain(target);
  expect(await sandbox.tree()).not.toContain(partFiles[0]);
  expect(civitai.requestsTo('storage').at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  expect(bytesOfStorage()).toBeLessThan(1.1 * 3_145_733 + 1_000_000);
});

/** Removes escape sequences. */
function visible(text: string): string {
  return text.replaceAll(new RegExp(`${ESC}(\\[[?\\d;]*[a-zA-Z]|[78])`, 'g'), '');
}
