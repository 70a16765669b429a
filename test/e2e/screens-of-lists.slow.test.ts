import stringWidth from 'string-width';
import { describe, expect } from 'vitest';
import { file, image, model, version } from '../fake-civitai/catalog.js';
import type { CommandName } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { Screen } from '../harness/screen.js';
import { open } from '../harness/terminal.js';

const WIDTHS = [120, 80, 40];
const COUNT = 24;
const FIRST = 830_000;
const CREATOR = 'a_creator_of_lanterns';
const names = [
  '紙灯籠の水墨画スタイル',
  '🏮 lantern 🏮',
  '👩‍👩‍👧‍👦 family of lanterns',
  'A lantern with a name that is much longer than the space for it on any terminal of 40 columns',
];
const types = ['LORA', 'Checkpoint', 'TextualInversion'];
/** Its only file is a pickle. */
const PICKLE = FIRST + 5;

it.override('serverOptions', {
  models: Array.from({ length: COUNT }, (_, index) => FIRST + index).map((id, index) =>
    model({
      id,
      name: `${names[index % names.length]} lantern`,
      creator: CREATOR,
      type: types[index % types.length] ?? '',
      versions: [
        version({
          id: id + 1_000,
          name: '第2版',
          trainedWords: ['紙灯籠', 'ppr lntrn', '🏮'.repeat(index * 3)],
          files: [
            id === PICKLE
              ? file({
                  id: id + 2_000,
                  name: '紙灯籠.ckpt',
                  kind: 'zip',
                  size: 90_000,
                  metadata: { format: 'PickleTensor' },
                })
              : file({ id: id + 2_000, name: `紙灯籠の水墨画スタイル_${id}.safetensors`, size: 90_000 }),
          ],
          images: [image({ id: id + 3_000 })],
        }),
      ],
    }),
  ),
});

function begin(args: readonly string[], columns: number, command: CommandName = 'civitdl', rows = 40) {
  const screen = new Screen(columns, rows);
  const terminal = open(command, args, sandbox, {
    columns,
    rows,
    env: { CIVITAI_API_KEY: civitai.goodKey },
    onOutput: (data) => screen.write(data),
  });
  const resize = async (newColumns: number) => {
    await screen.lines();
    screen.resize(newColumns, rows);
    terminal.resize(newColumns, rows);
  };
  const shows = (text: string | RegExp) =>
    expect
      .poll(async () => (await screen.text()).join('\n'), { timeout: 10_000, interval: 20 })
      .toMatch(text);
  return { screen, terminal, resize, shows };
}

/** Expects that the terminal wraps no line, and returns all. */
async function fittingLines(screen: Screen, columns: number): Promise<readonly string[]> {
  const lines = await screen.lines();
  for (const { text, isWrapped } of lines) {
    expect({ text, isWrapped }).toEqual({ text, isWrapped: false });
    expect(stringWidth(text), text).toBeLessThanOrEqual(columns);
  }
  return screen.text();
}

/** Runs a command to its end, and returns what is on the screen then. */
async function linesOf(args: readonly string[], columns: number, status: number, command?: CommandName) {
  const { screen, terminal } = begin(args, columns, command);
  expect(await terminal.ended).toBe(status);
  return fittingLines(screen, columns);
}

const other = (columns: number) => (columns === 40 ? 120 : 40);
const list = (...args: readonly string[]) => [
  `user:${CREATOR}`,
  ...['models', '-i', '0', '--pause-time', '0'],
  ...args,
];
const REMAINS = /[█░]{4,}|^Listing|^\d+(\/| of )\d+\b.*%/;

describe.each(WIDTHS)('on %i columns', (columns) => {
  it('the row of a list that is read has its count, and is gone after it, also if the terminal is resized', async () => {
    civitai.fault({ on: 'models', kind: 'delay', ms: 1_000, times: 1 });
    const { screen, terminal, resize, shows } = begin(list(), columns);
    const row = /^Listing user:a_creator_of_\S+ 0 models$/m;
    await shows(row);
    await fittingLines(screen, columns);
    await resize(other(columns));
    await shows(row);
    await resize(columns);
    await shows(row);
    await shows(/\[y\/N\]/);
    terminal.type('n\r');
    expect(await terminal.ended).toBe(130);
    const lines = await screen.text();
    expect(lines[0]).toMatch(/^user:a_creator_of_lanterns: 24 models$/);
    expect(lines.filter((line) => REMAINS.test(line))).toEqual([]);
  });

  it('the plan and the question fit, and an answer ends them, also if the terminal is resized', async () => {
    const { screen, terminal, resize, shows } = begin(list(), columns);
    await shows(/\[y\/N\]/);
    const lines = await fittingLines(screen, columns);
    expect(lines.join(' ').replace(/ +/g, ' ')).toMatch(
      /to download:? 24( 24| models,) 2\.16 MB 2\.16 MB to download for 24 model files in /,
    );
    await resize(other(columns));
    await resize(columns);
    expect((await screen.text()).filter((line) => line.includes('[y/N]'))).toHaveLength(1);
    terminal.type('n\r');
    expect(await terminal.ended).toBe(130);
    const [question, end] = (await fittingLines(screen, columns)).slice(-2);
    expect([question, end]).toEqual(['Download 24 models? [y/N] n', 'Nothing was downloaded.']);
  });

  it.each([1, 8])(
    'a list with %i jobs fits, running and ended, also if the terminal is resized',
    async (jobs) => {
      civitai.setRate(30_000);
      const { screen, terminal, resize, shows } = begin(
        list('-y', '--no-pickle', '-j', String(jobs)),
        columns,
      );
      const isRunning = /[1-9]\d? %/;
      await shows(isRunning);
      await fittingLines(screen, columns);
      await resize(other(columns));
      await shows(isRunning);
      await resize(columns);
      civitai.setRate(undefined);
      expect(await terminal.ended).toBe(0);
      const lines = await screen.text();
      expect(lines.filter((line) => REMAINS.test(line))).toEqual([]);
      expect(lines.filter((line) => line.startsWith('✓ '))).toHaveLength(COUNT - 1);
      expect(lines.join(' ').replace(/ +/g, ' ')).toContain(
        `passed over: 🏮 lantern 🏮 lantern (model ${PICKLE}) has no file`,
      );
      expect(lines).toContain('23  downloaded');
    },
  );

  it('a line says why a model is passed over', async () => {
    const args = [`${FIRST},${FIRST + 1},${PICKLE}`, 'models', '-i', '0', '--pause-time', '0'];
    const lines = await linesOf([...args, '--type', 'LORA', '--base-model', 'Pony'], columns, 0);
    const passed = lines.filter((line) => line.startsWith('- '));
    expect(passed).toHaveLength(3);
    expect(passed[0]).toMatch(/^- 紙灯籠.* {2}has no version/);
    expect(passed[1]).toMatch(/^- 🏮 lantern.* {2}is of type Checkpoint/);
    expect(lines.join('\n')).toContain('passed over');
  });

  it('the choice of a search fits, and stays as it is if the terminal is resized', async () => {
    const { screen, terminal, resize, shows } = begin(
      ['search', 'lantern', '-o', 'models', '-i', '0', '--pause-time', '0'],
      columns,
    );
    await shows(/invert/);
    await fittingLines(screen, columns);
    terminal.type('\u001b[B ');
    await shows(/◉ {3}830004/);
    for (const width of [other(columns), columns, other(columns)]) {
      await resize(width);
      await shows(
        new RegExp(`❯◉ {3}830004 {2}紙灯籠の水墨画スタイ${width === 40 ? 'ル la…' : '.* 90\\.0 kB'}$`, 'm'),
      );
      const lines = await fittingLines(screen, width);
      expect(lines.filter((line) => line.startsWith('? Select'))).toHaveLength(1);
      expect(lines.filter((line) => /^[ ❯][◯◉] {3}8300\d\d/.test(line))).toHaveLength(20);
      expect(lines.filter((line) => line.includes('◉'))).toHaveLength(1);
    }
    terminal.type('\r');
    expect(await terminal.ended).toBe(0);
    const lines = await fittingLines(screen, other(columns));
    expect(lines[0]).toMatch(/^✓ 紙灯籠/);
    expect(lines.join('\n')).not.toMatch(/[◯◉❯]/);
  });

  it.each<readonly [command: CommandName, args: readonly string[], status: number, shown: RegExp]>([
    ['civitdl', [], 2, /^civitdl 191977 \.\/models$/m],
    ['civitdl', ['66', '67'], 2, /'67'\s+is not a folder/],
    ['civitdl', ['no-such-file', 'https://civitai.com/articles/1', 'models'], 2, /page\s+of an article/],
    ['civitdl', ['66', 'models', '--type', 'Sofa'], 2, /'Sofa' is not a list/],
    ['civitdl', ['66', 'models', '--proxy', 'socks5://x'], 2, /HTTPS_PROXY/],
    ['civitdl', ['info', String(FIRST + 1)], 0, /🏮 lantern 🏮 lantern \(Checkpoint\)/],
    ['civitdl', ['info', '12345678'], 4, /Check the id/],
    ['civitdl', ['search', 'lantern'], 0, /To download one, type: civitdl 830000/],
    ['civitdl', ['user:nobody_of_this_name', 'models'], 4, /was\s+not found/],
    ['civitdl', list('--limit', '3', '-n'), 0, /trigger words/],
    ['civitconfig', ['default'], 0, /max-images/],
    ['civitconfig', ['sorter'], 0, /stability-matrix/],
    ['civitconfig', ['get', 'nothing'], 2, /There is no setting 'nothing'/],
  ])('%s %j fits', async (command, args, status, shown) => {
    expect((await linesOf(args, columns, status, command)).join('\n')).toMatch(shown);
  });
});

describe.each(WIDTHS)('the help on %i columns', (columns) => {
  it.each<readonly [command: CommandName, args: readonly string[]]>([
    ['civitdl', []],
    ['civitdl', ['search']],
    ['civitdl', ['info']],
    ['civitconfig', []],
    ...['login', 'default', 'get', 'sorter', 'settings', 'completion'].map(
      (name) => ['civitconfig', [name]] as const,
    ),
  ])('of %s %j breaks no word', async (command, args) => {
    const { screen, terminal } = begin([...args, '--help'], columns, command, 30);
    expect(await terminal.ended).toBe(0);
    const lines = await screen.lines();
    // Commands and paths stay whole, so that they can be copied; on a narrow terminal, flags as well.
    const isWhole = columns === 40 ? /^(Usage: |Pages: | {2}(-|civit)| {7}(\/|civitdl ))/ : /^ {7}\//;
    const broken = lines.filter(({ isWrapped }, index) => {
      const start = lines.slice(0, index).findLast((line) => !line.isWrapped);
      return isWrapped && !isWhole.test(start?.text ?? '');
    });
    expect(broken).toEqual([]);
    expect(lines.map(({ text }) => text).join('\n')).toContain('--help');
  });
});
