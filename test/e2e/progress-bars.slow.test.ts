import { expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { Screen } from '../harness/screen.js';
import { open } from '../harness/terminal.js';

const SHOW_CURSOR = '\u001b[?25h';
const HIDE_CURSOR = '\u001b[?25l';
const BAR = /[█░]{8,}/;
/** The total, which has no bar on a narrow terminal. */
const TOTAL = /^\d+(\/| of )12\b/;
const models = [...ids.batch.models, ids.names.emoji.model, ids.absent.model].map(String);
const options = ['-i', '1', '-j', '4', '--pause-time', '0', '--cache-mode', '0'];

/** Starts a run of twelve models with four jobs in a terminal. */
function begin(root: string, columns: number, rows: number, args: readonly string[] = options) {
  const screen = new Screen(columns, rows);
  const onOutput = (data: string) => screen.write(data);
  const terminal = open('civitdl', [...models, root, ...args], sandbox, { columns, rows, onOutput });
  const resize = async (newColumns: number) => {
    await screen.lines();
    terminal.resize(newColumns, rows);
    screen.resize(newColumns, rows);
  };
  const restoresCursor = () =>
    terminal.output.lastIndexOf(SHOW_CURSOR) > terminal.output.lastIndexOf(HIDE_CURSOR);
  return { screen, terminal, resize, restoresCursor };
}

type Run = ReturnType<typeof begin>;

/** Waits until the bottom of a screen has so many bars and the total, without remains of others. */
async function expectBars({ screen }: Run, bars: number, hidden = 0): Promise<void> {
  await expect
    .poll(
      async () => {
        const lines = await screen.lines();
        const wrapped = lines.filter(
          (line, index) => line.isWrapped && BAR.test(lines[index - 1]?.text ?? ''),
        );
        const texts = await screen.text();
        const kinds = texts.map((text) => (TOTAL.test(text) ? 'total' : BAR.test(text) ? 'bar' : text));
        return { wrapped, bottom: kinds.slice(kinds.indexOf('bar')) };
      },
      { timeout: 10_000, interval: 50 },
    )
    .toEqual({
      wrapped: [],
      bottom: [...Array(bars).fill('bar'), ...(hidden > 0 ? [`and ${hidden} more`] : []), 'total'],
    });
}

/** Expects a line for each model and the summary, without remains of a bar. */
async function expectLines({ screen }: Run): Promise<void> {
  const texts = await screen.text();
  expect(texts.filter((text) => BAR.test(text) || TOTAL.test(text))).toEqual([]);
  const ends = texts.slice(0, models.length);
  for (let number = 1; number <= 10; number++)
    expect(ends).toContainEqual(
      expect.stringMatching(new RegExp(`^✓ Batch Model ${number}( v1|…) .* \\d+ kB +\\d+ s$`)),
    );
  expect(ends).toContainEqual(expect.stringMatching(/^✓ 🏮 紙灯籠 la.* \d+ kB +\d+ s$/));
  expect(ends).toContainEqual(expect.stringMatching(/^✗ 399999 +Model 399999 w/));
  const summary = texts.slice(models.length);
  expect(summary.slice(0, 3)).toEqual(['', '11  downloaded', ' 1  failed']);
  // A deleted model is not retried.
  expect(summary.join(' ')).toMatch(/models\s+cannot\s+be\s+downloaded\.\s*$/);
}

it('draws a bar for each job and never garbles, on wide and narrow and low terminals that change their width', async () => {
  civitai.setRate(40_000);
  const wide = begin('wide', 80, 24);
  const narrow = begin('narrow', 40, 24);
  const low = begin('low', 60, 9);
  await Promise.all([expectBars(wide, 4), expectBars(narrow, 4), expectBars(low, 2, 2)]);
  await Promise.all([wide.resize(40), narrow.resize(100), low.resize(38)]);
  await Promise.all([expectBars(wide, 4), expectBars(narrow, 4), expectBars(low, 2, 2)]);
  await wide.resize(60);
  await expectBars(wide, 4);
  civitai.setRate(undefined);
  for (const run of [wide, narrow, low]) {
    expect(await run.terminal.ended).toBe(7);
    await expectLines(run);
    expect(run.restoresCursor()).toBe(true);
  }
});

it('takes the bars away and restores the cursor at Ctrl-C', async () => {
  civitai.setRate(20_000);
  const run = begin('models', 80, 24);
  await expectBars(run, 4);
  run.terminal.type('\x03');
  expect(await run.terminal.ended).toBe(130);
  expect(run.restoresCursor()).toBe(true);
  const texts = await run.screen.text();
  expect(texts.filter((text) => BAR.test(text))).toEqual([]);
  expect(texts.at(-1)).toMatch(/^Interrupted\./);
});

it('restores the cursor when it crashes', async () => {
  const crash = await sandbox.write(
    'crash.mjs',
    "process.on('SIGUSR2', () => { throw new Error('crashed'); });",
  );
  civitai.setRate(20_000);
  const terminal = open('civitdl', [...models, 'models', ...options], sandbox, {
    columns: 80,
    env: { NODE_OPTIONS: `--import=${crash}` },
  });
  await terminal.shows(BAR);
  terminal.kill('SIGUSR2');
  expect(await terminal.ended).toBe(1);
  expect(terminal.output).toContain('Error: crashed');
  expect(terminal.output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(terminal.output.lastIndexOf(HIDE_CURSOR));
});
