import { describe, expect, it } from 'vitest';
import { createReporter, type ReporterOptions } from '../../../src/cli/report/reporter.js';
import { terminalCapabilities } from '../../../src/cli/terminal/capabilities.js';
import { logLayout } from '../../../src/cli/terminal/layout.js';
import { createStyle } from '../../../src/cli/terminal/style.js';
import { createTerminalLayout } from '../../../src/cli/terminal/terminal-layout.js';
import type { DownloadEvent, Outcome } from '../../../src/download/events.js';
import { InterruptedError, NetworkError, NotFoundError, RateLimitError } from '../../../src/errors.js';
import { Screen } from '../../harness/screen.js';
import { done, failed, notStarted, passedOver, repeated } from './outcomes.js';

const broken = new NetworkError('broken', 'The connection broke.');
const limit = new RateLimitError('daily-limit', 'The limit of the day is reached.');

function started(item: number, of = 2): DownloadEvent {
  return { type: 'started', item, subject: { text: String(65 + item) }, of };
}

function resolved(item: number, name = 'Anything', trainedWords: readonly string[] = []): DownloadEvent {
  const model = { id: 65 + item, name, type: 'Checkpoint' };
  const version = { id: 74 + item, name: 'V3', baseModel: 'SD 1.5', trainedWords };
  const page = `https://civitai.com/models/${model.id}?modelVersionId=${version.id}`;
  return { type: 'resolved', item, model, version, page, skipped: [] };
}

function planned(item: number, target: string, size: number): DownloadEvent {
  const file = { id: 1, name: 'x', type: 'Model', size, hashes: new Map(), primary: true };
  const plan = { modelFile: { file, modelId: 66, versionId: 75, target }, documents: [], images: [] };
  return { type: 'planned', item, subject: { text: '66' }, plan, from: 'network', missing: size };
}

function ended(item: number, outcome: Outcome = done({}, { fetched: 2 }), isLast = true): DownloadEvent {
  return { type: 'finished', item, outcome, isLast };
}

/** Two models of which what happens is mixed, as it is with several jobs. */
const mixed: readonly DownloadEvent[] = [
  started(1),
  started(2),
  resolved(1),
  { type: 'file-started', item: 1, name: 'a.ckpt', size: 2_000_000 },
  { type: 'pausing', seconds: 3 },
  { type: 'retrying', error: broken, waitMs: 1_000 },
  { type: 'image-finished', item: 1, error: broken },
  { type: 'finished', item: 2, outcome: failed(broken, '67'), isLast: true },
  { type: 'file-finished', item: 1, file: done().file },
  ended(1),
];

async function told(
  events: readonly DownloadEvent[],
  telling: Partial<ReporterOptions> = {},
  { isTTY = false, columns = 120, rows = 24 } = {},
) {
  const screen = new Screen(columns, rows);
  const raw: string[] = [];
  let beat = () => {};
  let isBeating = false;
  let exits = 0;
  const write = (data: string) => {
    raw.push(data);
    screen.write(data);
    return true;
  };
  const stderr = { isTTY, columns, rows, write } as unknown as Parameters<typeof createReporter>[0]['stderr'];
  const results: string[] = [];
  const capabilities = terminalCapabilities({ stderr, env: {} });
  let time = 0;
  const progress = await createReporter(
    {
      stderr,
      now: () => time,
      every: (ms, action) => {
        expect(ms).toBe(30_000);
        beat = action;
        isBeating = true;
        return () => {
          isBeating = false;
        };
      },
      atExit: () => {
        exits++;
        return () => exits--;
      },
    },
    {
      items: 2,
      jobs: 4,
      dryRun: false,
      quiet: false,
      verbose: false,
      json: false,
      rootDir: '/models',
      style: createStyle(false),
      capabilities,
      layout: isTTY ? createTerminalLayout(stderr) : logLayout,
      results: { write: (text) => results.push(text) },
      ...telling,
    },
  );
  for (const event of events) progress.emit(event);
  return {
    progress,
    results,
    raw,
    screen,
    beat: (ms: number) => {
      time += ms;
      beat();
    },
    state: () => ({ isBeating, exits }),
    lines: async () => {
      progress.close();
      return screen.text();
    },
  };
}

describe('what several jobs do, where there is no terminal', () => {
  it('is a line for each event, with the number of its item', async () => {
    expect(await (await told(mixed)).lines()).toEqual([
      '[1/2] 66',
      '[2/2] 67',
      '[1/2] Anything V3 (Checkpoint, SD 1.5), model 66, version 75',
      '[1/2] downloading a.ckpt (2.00 MB)',
      'The connection broke. Retrying in 1.0 s.',
      '[1/2] warning: The connection broke.',
      '[2/2] failed: The connection broke.',
      '[1/2] downloaded, SHA256 verified: /models/a.ckpt',
      '[1/2] 2 images downloaded',
    ]);
  });

  it('gets a sign of life every half minute, until it ends', async () => {
    const run = await told([started(1), { type: 'file-started', item: 1, name: 'a', size: 3e9 }]);
    run.progress.emit({ type: 'file-progress', item: 1, received: 1.5e9, total: 3e9 });
    run.beat(30_000);
    expect((await run.screen.text()).at(-1)).toBe('0 of 2 models  100 %  1.50 GB  50.0 MB/s');
    run.progress.close();
    expect(run.state()).toEqual({ isBeating: false, exits: 0 });
  });

  it('gives the path of each file to whoever reads the results', async () => {
    expect((await told(mixed)).results).toEqual(['/models/a.ckpt\n']);
  });
});

const table = (line: string) => line.replace(/ {2,}/g, '  ');

describe('what several jobs do, on a terminal', () => {
  it('is one line for each that ends, with its name, and nothing of the bars', async () => {
    const events = [planned(1, '/models/a.ckpt', 2_000_000), ...mixed];
    const lines = await (await told(events, {}, { isTTY: true })).lines();
    expect(lines.map(table)).toEqual([
      'The connection broke. Retrying in 1.0 s.',
      'Anything V3: warning: The connection broke.',
      '✗ 67  The connection broke.',
      '✓ Anything V3  Checkpoint, SD 1.5  2.00 MB  0 s  a.ckpt',
    ]);
  });

  it('has a line for each file, and for what is there twice', async () => {
    const events = [
      started(1),
      resolved(1),
      ended(1, done(), false),
      ended(1, done({ target: '/models/b/c.vae' })),
      started(2),
    ];
    const twice = { type: 'finished', item: 2, outcome: repeated, isLast: true } as const;
    const lines = await (await told([...events, twice], {}, { isTTY: true })).lines();
    expect(lines.map(table)).toEqual([
      '✓ a.ckpt  Checkpoint, SD 1.5  0 s  a.ckpt',
      '✓ c.vae  Checkpoint, SD 1.5  0 s  b/c.vae',
      '= 67  duplicate of a file earlier in this run',
    ]);
  });

  it('has a line for what is passed over; the reason is whole if there is only one', async () => {
    const events = [started(1), ended(1, passedOver()), started(2), ended(2, passedOver())];
    const narrow = { isTTY: true, columns: 40 };
    expect(await (await told(events, {}, narrow)).lines()).toEqual([
      '- Ink (model…   is of type LORA, not V…',
      '- Ink (model…   is of type LORA, not V…',
    ]);
    expect((await (await told(events, {}, { isTTY: true, columns: 80 })).lines())[0]).toBe(
      '- Ink (model 66)                          is of type LORA, not VAE.',
    );
    const alone = [started(1, 1), ended(1, passedOver())];
    for (const options of [{ items: 1 }, { verbose: true }])
      expect(await (await told(alone, options, narrow)).lines()).toEqual([
        '- 66  passed over',
        '  Ink (model 66) is of type LORA, not',
        '  VAE.',
      ]);
    const text = await (await told(alone, { items: 1, jobs: 1 })).lines();
    expect(text).toEqual(['  passed over: Ink (model 66) is of type LORA, not VAE.']);
  });

  it('has the trigger words below, cut off where they are whole prompts', async () => {
    const few = [started(1), resolved(1, 'Ink', ['ppr lntrn', 'ink\u001b[2J style']), ended(1)];
    const many = [started(2), resolved(2, 'Many', Array(50).fill('a rather long prompt')), ended(2)];
    const terminal = { isTTY: true, columns: 40 };
    const lines = await (await told([...few, ...many], {}, terminal)).lines();
    expect(lines.map(table)).toEqual([
      '✓ Ink V3  0 s',
      '  trigger words: ppr lntrn, ink [2J',
      '  style',
      '✓ Many V3  0 s',
      '  trigger words: a rather long',
      '  prompt, a rather long prompt, a',
      '  rather long prompt, a rather long',
      '  prompt, a rather long prompt, a',
      '  …',
    ]);
  });

  it.each<readonly [what: string, event: DownloadEvent, lines: readonly string[]]>([
    [
      'is there already',
      ended(1, done({ how: 'present', fetched: 0 })),
      ['= Anything V3  Checkpoint, SD 1.5'],
    ],
    [
      'is trusted',
      ended(1, done({ how: 'present', fetched: 0, verified: undefined })),
      ['= Anything V3  Checkpoint, SD 1.5', '  not verified'],
    ],
    [
      'is linked',
      ended(1, done({ how: 'cached', cached: { path: '/b', by: 'hard link', replaced: false } })),
      ['↪ Anything V3  Checkpoint, SD 1.5  0 s'],
    ],
    [
      'is replaced',
      ended(1, done({ how: 'replaced' })),
      ['✓ Anything V3  Checkpoint, SD 1.5  0 s', '  replaced the existing file'],
    ],
    [
      'has no checksum',
      ended(1, done({ verified: 'size' })),
      ['✓ Anything V3  Checkpoint, SD 1.5  0 s', '  verified by size only: the server has no checksum'],
    ],
    [
      'is left out',
      ended(1, done({ how: 'left-out', target: '', fetched: 0, verified: undefined })),
      ['✓ Anything V3  Checkpoint, SD 1.5  0 s', '  without the model file'],
    ],
    [
      'lacks images',
      ended(1, done({}, { fetched: 1, failed: 2 })),
      ['✓ Anything V3  Checkpoint, SD 1.5  0 s', '  2 images failed'],
    ],
    ['is interrupted', ended(1, failed(new InterruptedError())), ['‖ Anything V3  paused, 10.5 MB kept']],
    ['fails', ended(1, failed(broken)), ['✗ Anything V3  The connection broke.']],
    ['is not started', ended(1, notStarted(broken)), []],
  ])('says when a model %s', async (_what, event, lines) => {
    const before: readonly DownloadEvent[] = [
      started(1),
      resolved(1),
      { type: 'file-started', item: 1, name: 'a', size: undefined },
      { type: 'file-noticed', item: 1, notice: { type: 'resumed', bytes: 10_500_000 } },
    ];
    const shown = await (await told([...before, event], {}, { isTTY: true, columns: 80 })).lines();
    expect(shown.map(table)).toEqual(lines);
  });

  it('has the whole path for whoever wants details', async () => {
    const target = `/models/${'folder/'.repeat(10)}a.ckpt`;
    const run = await told(
      [started(1), resolved(1), ended(1, done({ target }))],
      { verbose: true },
      {
        isTTY: true,
        columns: 60,
      },
    );
    expect(
      (await run.lines())
        .slice(1)
        .map((line) => line.trim())
        .join(''),
    ).toBe(target.slice('/models/'.length));
  });

  it('links the name to its page, and colours signs', async () => {
    const style = createStyle(true, true);
    const run = await told([started(1), resolved(1), ended(1)], { style }, { isTTY: true });
    run.progress.close();
    expect(run.raw.join('')).toContain(
      '\u001b[32m✓\u001b[39m \u001b]8;;https://civitai.com/models/66?modelVersionId=75\u001b\\\u001b[1mAnything\u001b[22m V3\u001b]8;;\u001b\\',
    );
  });

  it('has a row for the list that is being read', async () => {
    const subject = { text: 'user:ink' };
    const listing = { type: 'listing', subject, models: 1200, passedOver: [] } as const;
    const run = await told([{ ...listing, isLast: false }], {}, { isTTY: true });
    await expect.poll(() => run.screen.text()).toEqual(['Listing user:ink: 1,200 models']);
    run.progress.emit({ ...listing, isLast: true });
    expect(await run.lines()).toEqual(['user:ink: 1,200 models']);
    const long = { ...listing, subject: { text: 'user:a_name_that_is_rather_long' }, isLast: false };
    const narrow = await told([long], {}, { isTTY: true, columns: 40 });
    await expect.poll(() => narrow.screen.text()).toEqual(['Listing user:a_name_that_… 1,200 models']);
    narrow.progress.close();
    const failing = await told([{ ...listing, models: 1, isLast: false }], {}, { isTTY: true });
    const error = new NotFoundError('not-found', 'User ink was not found.');
    failing.progress.emit({ type: 'list-failed', subject, error });
    expect(await failing.lines()).toEqual(['user:ink failed: User ink was not found.']);
  });

  it('draws ten frames a second at most, restores the cursor, and watches the exit only meanwhile', async () => {
    const run = await told([started(1)], {}, { isTTY: true });
    expect(run.state().exits).toBe(1);
    for (let received = 0; received < 10_000; received++) {
      run.progress.emit({ type: 'file-progress', item: 1, received, total: 10_000 });
      run.progress.print(`line ${received}`);
    }
    const before = run.raw.length;
    expect(before).toBeLessThan(5);
    expect((await run.lines()).filter((line) => line.startsWith('line'))).toHaveLength(10_000);
    expect(run.state().exits).toBe(0);
    const [last = ''] = run.raw.filter((data) => data.includes('\u001b[?25')).slice(-1);
    expect(last).toContain('\u001b[?25h');
  });

  it('has no bar for a file whose turn is next, until something comes of it', async () => {
    const three = [1, 2, 3].flatMap((item): readonly DownloadEvent[] => [
      started(item, 3),
      resolved(item, `Model ${item}`),
      { type: 'file-started', item, name: 'x', size: 100 },
    ]);
    const terminal = { isTTY: true, columns: 40, rows: 12 } as const;
    const bars = [/^Model 1 V3 .* 0 %/, /^Model 2 V3 .* 0 %/, /^Model 3 V3 .* 10 %/].map((bar) =>
      expect.stringMatching(bar),
    );
    const total = expect.stringMatching(/^0 of 3 +/);
    const next = await told(three, { items: 3, jobs: 2 }, terminal);
    await expect.poll(() => next.screen.text()).toEqual([...bars.slice(0, 2), total]);
    const coming: DownloadEvent = { type: 'file-progress', item: 3, received: 10, total: 100 };
    const all = await told([...three, coming], { items: 3, jobs: 2 }, terminal);
    await expect.poll(() => all.screen.text()).toEqual([...bars, total]);
  });

  it('says how many bars it has no room for', async () => {
    const many = Array.from({ length: 20 }, (_, index): readonly DownloadEvent[] => [
      started(index + 1, 20),
      resolved(index + 1, `🏮 模型 ${index}`),
      { type: 'file-started', item: index + 1, name: 'x', size: 100 },
    ]);
    const run = await told(many.flat(), { items: 20, jobs: 20 }, { isTTY: true, columns: 40, rows: 12 });
    await expect
      .poll(() => run.screen.text())
      .toEqual([
        ...Array.from({ length: 5 }, (_, index) =>
          expect.stringMatching(new RegExp(`^🏮 模型 ${index}…? +░+ +0 %`)),
        ),
        'and 15 more',
        expect.stringMatching(/^0 of 20 +0 %$/),
      ]);
    expect(await run.lines()).toEqual([]);
  });
});

describe('what halts a run', () => {
  const events: readonly DownloadEvent[] = [
    started(1),
    { type: 'halted', error: limit },
    { type: 'finished', item: 1, outcome: failed(limit), isLast: true },
    { type: 'finished', item: 2, outcome: notStarted(limit), isLast: true },
  ];

  it.each([
    [
      'step by step',
      { jobs: 1 },
      false,
      [
        '[1/2] 66',
        'The limit of the day is reached. No further downloads will start.',
        '  failed for the same reason',
      ],
    ],
    [
      'in a log',
      {},
      false,
      [
        '[1/2] 66',
        'The limit of the day is reached. No further downloads will start.',
        '[1/2] failed for the same reason',
      ],
    ],
    [
      'on a terminal',
      {},
      true,
      [
        'The limit of the day is reached. No further downloads will start.',
        '✗ 66  failed for the same reason',
      ],
    ],
    ['to somebody who wants quiet', { quiet: true }, false, []],
  ])('is said once %s', async (_how, telling, isTTY, lines) => {
    expect((await (await told(events, telling, { isTTY })).lines()).map(table)).toEqual(lines);
  });
});

describe('a quiet run', () => {
  it('leaves what fails to the summary, which says it once', async () => {
    const missing = new NotFoundError('not-found', 'Model 67 was not found.');
    const events = [
      ...mixed.slice(0, 7),
      { type: 'finished', item: 2, outcome: failed(missing, '67'), isLast: true } as const,
    ];
    const run = await told(events, { quiet: true }, { isTTY: true });
    expect(run.state()).toEqual({ isBeating: false, exits: 0 });
    expect(await run.lines()).toEqual([]);
  });

  it('says nothing where all is well', async () => {
    const run = await told([started(1), resolved(1), ended(1)], { quiet: true, results: undefined });
    expect(await run.lines()).toEqual([]);
    expect(run.results).toEqual([]);
  });
});

it('says the failure of a run of one only at its end', async () => {
  const events = [
    started(1, 1),
    { type: 'finished', item: 1, outcome: failed(broken), isLast: true } as const,
  ];
  expect(await (await told(events, { items: 1, jobs: 1 })).lines()).toEqual([]);
});
