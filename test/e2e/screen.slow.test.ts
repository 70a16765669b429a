import stringWidth from 'string-width';
import { describe, expect } from 'vitest';
import { file, model, version } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { Screen } from '../harness/screen.js';
import { open } from '../harness/terminal.js';

const names = [
  '紙灯籠の水墨画スタイル',
  '🏮 lantern 🏮',
  '👩‍👩‍👧‍👦 family',
  '❤️🇯🇵👍🏽',
  '종이등 스타일',
  'A plain model with a name that is much longer than the space for it on any terminal of 40 columns',
  'e\u0301tude',
  'plain',
];
const first = 820_000;
const good = names.map((name, index) =>
  model({
    id: first + index,
    name,
    versions: [
      version({
        id: first + index + 100,
        name: index % 2 === 0 ? 'v1' : '第2版',
        files: [file({ id: first + index + 200, name: `model${index}.safetensors`, size: 120_000 })],
        trainedWords: index < 3 ? ['紙灯籠', 'ppr lntrn', '🏮'.repeat(index * 20)] : [],
      }),
    ],
  }),
);
const onlyVersion = (id: number) => ({
  id: id + 100,
  name: 'v1',
  files: [file({ id: id + 200, name: 'x.safetensors' })],
});
const failures = [
  model({
    id: first + 10,
    name: '使用不可',
    versions: [version({ ...onlyVersion(first + 10), usageControl: 'Generation' })],
  }),
  model({
    id: first + 11,
    name: 'Early 🏮',
    versions: [version({ ...onlyVersion(first + 11), paidAccess: { permanent: true, endsAt: null } })],
  }),
  model({
    id: first + 12,
    name: 'Private',
    versions: [version({ ...onlyVersion(first + 12), private: true })],
  }),
  model({ id: first + 13, name: 'Archived', mode: 'Archived', versions: [version(onlyVersion(first + 13))] }),
];
const absent = first + 14;
const all = [...good, ...failures].map(({ id }) => id).concat(absent);

it.override('serverOptions', { models: [...good, ...failures] });

const BAR = /[█░]{8,}/;
const SIGN = /^[✓=↪✗‖] /;
/** The total, which has no bar on a narrow terminal. */
const TOTAL = /^\d+(\/| of )13\b/;

function begin(columns: number, jobs: number, rows = 40) {
  const screen = new Screen(columns, rows);
  const args = [...all.map(String), 'models', '-j', String(jobs), '-i', '0', '--pause-time', '0'];
  const terminal = open('civitdl', args, sandbox, {
    columns,
    rows,
    env: { CIVITAI_API_KEY: civitai.goodKey },
    onOutput: (data) => screen.write(data),
  });
  const resize = async (newColumns: number) => {
    await screen.lines();
    terminal.resize(newColumns, rows);
    screen.resize(newColumns, rows);
  };
  return { screen, terminal, resize };
}

type Run = ReturnType<typeof begin>;

/** Waits until bars run, and expects nothing between or below them. */
async function expectRunning({ screen }: Run, jobs: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const texts = await screen.text();
        const start = texts.findIndex((text) => BAR.test(text));
        return texts.slice(start).map((text) => (TOTAL.test(text) ? 'total' : BAR.test(text) ? 'bar' : text));
      },
      { timeout: 15_000, interval: 30 },
    )
    .toEqual([...Array(jobs === 1 ? 1 : 8).fill('bar'), 'total']);
}

async function expectFitting({ screen }: Run, columns: number): Promise<void> {
  for (const { text, isWrapped } of await screen.lines()) {
    expect({ text, isWrapped }).toEqual({ text, isWrapped: false });
    expect(stringWidth(text), text).toBeLessThan(columns);
  }
}

/** Expects one line for each model, the summary, and nothing of the bars. */
async function expectEnd({ screen }: Run): Promise<void> {
  const texts = await screen.text();
  expect(texts.filter((text) => BAR.test(text) || TOTAL.test(text))).toEqual([]);
  const ends = texts.filter((text) => SIGN.test(text));
  expect(ends).toHaveLength(all.length);
  for (const name of names) {
    const start = [...new Intl.Segmenter().segment(name)].slice(0, 5).map(({ segment }) => segment);
    expect(ends).toContainEqual(expect.stringContaining(`✓ ${start.join('')}`));
  }
  expect(ends.filter((text) => text.startsWith('✗'))).toHaveLength(5);
  expect(texts.filter((text) => text.startsWith('  trigger words: 紙灯籠, ppr'))).toHaveLength(3);
  const summary = texts.slice(texts.indexOf('8  downloaded'));
  expect(summary.slice(0, 2)).toEqual(['8  downloaded', '5  failed']);
  const joined = summary.join(' ').replace(/ +/g, ' ');
  expect(joined).toMatch(/on average; all SHA256 verified in \/\S+\/models/);
  for (const id of [10, 11, 12, 13, 14].map((index) => first + index))
    expect(
      summary.filter((text) => text.startsWith(`${id}: `)),
      texts.join('\n'),
    ).toHaveLength(1);
  expect(joined).toMatch(/To retry what failed: civitdl [\d \\]+ models [-\w \\]+$/);
}

/** When a program ends, the system can drop output that a busy machine has not read from the terminal yet. */
const RETRIES = { retry: 2 };

describe.each([1, 8])('with %i jobs', RETRIES, (jobs) => {
  it.each([120, 80, 40])('on %i columns, every line fits, while it runs and at its end', async (columns) => {
    civitai.setRate(60_000);
    const run = begin(columns, jobs);
    await expectRunning(run, jobs);
    await expectFitting(run, columns);
    civitai.setRate(undefined);
    expect(await run.terminal.ended).toBe(7);
    await expectFitting(run, columns);
    await expectEnd(run);
  });

  it.each([
    [80, 40, 120],
    [40, 120, 40],
  ])(
    'from %i over %i to %i columns, nothing is drawn over and the last state is right',
    async (...widths) => {
      const [before, between, after] = widths;
      civitai.setRate(40_000);
      const run = begin(before, jobs);
      await expectRunning(run, jobs);
      for (const columns of [between, after, between, after]) {
        await run.resize(columns);
        await expectRunning(run, jobs);
      }
      civitai.setRate(undefined);
      expect(await run.terminal.ended).toBe(7);
      await expectEnd(run);
    },
  );
});

describe('Ctrl-C', () => {
  it.each([120, 80, 40])('pauses what runs, with a line of %i columns each', async (columns) => {
    civitai.setRate(20_000);
    const run = begin(columns, 8);
    await expectRunning(run, 8);
    await expect.poll(async () => (await run.screen.text()).join('\n')).toMatch(/[1-9]\d %/);
    run.terminal.type('\x03');
    expect(await run.terminal.ended).toBe(130);
    await expectFitting(run, columns);
    const texts = await run.screen.text();
    expect(texts.filter((text) => BAR.test(text) || TOTAL.test(text))).toEqual([]);
    expect(texts.filter((text) => /^‖ .* {2}paused, [\d.]+ k?B kept$/.test(text))).toHaveLength(8);
    expect(texts).toContain('8  paused');
    expect(texts.join('\n')).not.toMatch(/^✗.*Interrupted/m);
  });
});

describe('a dry run', () => {
  it.each([120, 80, 40])('fits a terminal of %i columns, with the sums below', async (columns) => {
    const screen = new Screen(columns, 40);
    const args = [...all.map(String), 'models', '--dry-run'];
    const terminal = open('civitdl', args, sandbox, { columns, onOutput: (data) => screen.write(data) });
    expect(await terminal.ended).toBe(7);
    await expectFitting({ screen } as Run, columns);
    const texts = await screen.text();
    expect(texts.filter((text) => text.startsWith('model       120 kB  '))).toHaveLength(8);
    expect(texts.join(' ').replace(/ +/g, ' ')).toMatch(/to download for 1\d model files in \S+/);
    expect(texts.join('\n')).not.toContain('SHA256');
  });
});

describe('the window', () => {
  const ESC = '\u001b';

  it('has a title, progress and links where the terminal knows them, and is restored', async () => {
    const terminal = open('civitdl', ['820000', '820001', 'models', '-i', '0'], sandbox, {
      env: { TERM_PROGRAM: 'ghostty' },
    });
    expect(await terminal.ended).toBe(0);
    const { output } = terminal;
    const title = `${ESC}]2;civitdl 50 %, 1 of 2 models${ESC}\\${ESC}]9;4;1;50${ESC}\\`;
    expect(output.indexOf(title)).toBeGreaterThan(output.indexOf(`${ESC}[22;2t`));
    expect(output.split(`${ESC}[22;2t`)).toHaveLength(2);
    expect(output).toContain(`${ESC}]8;;https://civitai.com/models/820000?modelVersionId=820100${ESC}\\`);
    expect(output.indexOf(`${ESC}]2;${ESC}\\${ESC}[23;2t${ESC}]9;4;0;0${ESC}\\`)).toBeGreaterThan(
      output.lastIndexOf(`${ESC}]9;4;1;`),
    );
    expect(output).toContain(`${ESC}[?2026h`);
    expect(output.split(`${ESC}[?2026h`)).toHaveLength(output.split(`${ESC}[?2026l`).length);
  });

  it('is left alone by a dumb terminal, which gets lines as a log does', async () => {
    const terminal = open('civitdl', ['820000', '820007', 'models', '-i', '0'], sandbox, {
      env: { TERM: 'dumb' },
    });
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).not.toContain(ESC);
    expect(terminal.output).toMatch(/^\[2\/2\] 820007\r?$/m);
  });

  it('has letters where there is no UTF-8', async () => {
    civitai.setRate(60_000);
    const terminal = open('civitdl', ['820007', 'models', '-i', '0'], sandbox, { env: { LC_ALL: 'C' } });
    expect(await terminal.ended).toBe(0);
    expect(terminal.text).toMatch(/^.*D plain 第2版/m);
    expect(terminal.text).toMatch(/#+\.+/);
    expect(terminal.text).not.toMatch(/[✓█░…]/);
  });
});
