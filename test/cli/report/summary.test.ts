import { describe, expect, it } from 'vitest';
import { type SummaryOptions, summaryLines } from '../../../src/cli/report/summary.js';
import { logLayout } from '../../../src/cli/terminal/layout.js';
import { createStyle } from '../../../src/cli/terminal/style.js';
import { createTerminalLayout } from '../../../src/cli/terminal/terminal-layout.js';
import type { Outcome } from '../../../src/download/events.js';
import {
  AccessError,
  FileSystemError,
  InterruptedError,
  NetworkError,
  NotFoundError,
  RateLimitError,
} from '../../../src/errors.js';
import { done, failed, notStarted, passedOver, repeated } from './outcomes.js';

const missing = new NotFoundError('not-found', 'Model 67 was not found.');
const options: SummaryOptions = {
  style: createStyle(false),
  layout: logLayout,
  rootDir: '/models',
  quiet: false,
};

/** The lines below the empty one. */
const summary = (...outcomes: readonly Outcome[]) => {
  const [empty, ...lines] = summaryLines(outcomes, 125_000, options);
  expect(empty).toBe('');
  return lines;
};
/** The lines without the counts. */
const quiet = (...outcomes: readonly Outcome[]) =>
  summaryLines(outcomes, 125_000, { ...options, quiet: true });
const present = done({ how: 'present', fetched: 0 });

describe('the counts of one download', () => {
  it.each<readonly [line: string, outcomes: readonly Outcome[]]>([
    ['Nothing downloaded; 0 B in 2:05', []],
    ['1 downloaded; 1.00 MB in 2:05, 8.00 kB/s; SHA256 verified', [done()]],
    ['1 already downloaded; 0 B in 2:05; SHA256 verified', [present]],
    ['1 without the model file; 0 B in 2:05', [done({ how: 'left-out', fetched: 0, verified: undefined })]],
    ['1 passed over; 0 B in 2:05', [passedOver()]],
    ['1 downloaded; 500 kB in 2:05, 4.00 kB/s; SHA256 verified', [done({ fetched: 500_000 })]],
    ['1 downloaded; 1.00 MB in 2:05, 8.00 kB/s; 1 file verified by size only', [done({ verified: 'size' })]],
  ])('are in one line: %s', (line, outcomes) => {
    const hasFiles = outcomes.some(({ status }) => status === 'done');
    expect(summary(...outcomes)).toEqual([line, ...(hasFiles ? ['in /models'] : [])]);
  });
});

describe('the files that have no SHA256', () => {
  const note = (...outcomes: readonly Outcome[]) =>
    summary(...outcomes)
      .at(-2)
      ?.replace(/^[^;]*(; .*)?\/s( on average)?/, '');
  const unchecked = { verified: undefined } as const;
  it.each<readonly [note: string, outcomes: readonly Outcome[]]>([
    ['; SHA256 verified', [done()]],
    ['; 1 file verified by BLAKE3', [done({ verified: 'BLAKE3' })]],
    ['; 2 files verified by CRC32', [done({ verified: 'CRC32' }), done({ verified: 'CRC32' })]],
    ['; 1 file not verified', [done(unchecked)]],
    ['; 2 files not verified', [done(unchecked), done({ ...unchecked, how: 'replaced' })]],
    ['', [done({ ...unchecked, how: 'present' }), done()]],
    ['; SHA256 verified', [done({ ...unchecked, how: 'left-out' }), done()]],
    [
      '; 1 file verified by BLAKE3; 1 file verified by CRC32; 1 file verified by size only; 1 file not verified',
      [
        done({ verified: 'CRC32' }),
        done({ verified: 'size' }),
        done(),
        done({ verified: 'BLAKE3' }),
        done(unchecked),
      ],
    ],
  ])('are counted by what verified them: %s', (expected, outcomes) => {
    expect(note(...outcomes)).toBe(expected);
  });
});

describe('the counts of several downloads', () => {
  it('are a table', () => {
    const many = Array.from({ length: 10 }, () => done({}, { fetched: 2 }));
    const { error } = notStarted(missing);
    expect(
      summary(...many, done({ how: 'replaced' }), present, repeated, failed(missing)).slice(0, -3),
    ).toEqual([
      '11  downloaded',
      ' 1  already downloaded',
      ' 1  duplicate',
      ' 1  failed',
      '20  images downloaded',
      '11.0 MB in 2:05, 88.0 kB/s on average; all SHA256 verified',
      'in /models',
    ]);
    expect(summary(done({ how: 'cached', fetched: 0 }), notStarted(error)).slice(0, 3)).toEqual([
      '1  taken from cache',
      '1  not started',
      '0 B in 2:05; SHA256 verified',
    ]);
  });

  it('include the files verified by size only', () => {
    expect(summary(done({ verified: 'size' }), done({ verified: 'size' })).slice(-2)).toEqual([
      '2.00 MB in 2:05, 16.0 kB/s on average; 2 files verified by size only',
      'in /models',
    ]);
  });
});

describe('a quiet run', () => {
  it('prints nothing if nothing failed', () => {
    expect(quiet(done({}, { fetched: 3 }), repeated, present)).toEqual([]);
  });

  it('prints what failed', () => {
    expect(quiet(done(), failed(missing, '67'))[0]).toBe('67: Model 67 was not found.');
  });
});

describe('a failure', () => {
  it('is printed with its reason and what to do', () => {
    const wrongKey = new AccessError('key-wrong', 'It needs a key.');
    expect(quiet(failed(missing, '67'), done(), failed(wrongKey, '68'))).toEqual([
      '67: Model 67 was not found.',
      expect.stringMatching(/^ {2}Check the id on the model's page/),
      '',
      '68: It needs a key.',
      expect.stringMatching(/^ {2}Check the key at .*'civitdl -k'.*'civitconfig login'\.$/),
    ]);
  });

  it('is grouped by what to do, which is printed once', () => {
    const broken = new NetworkError('broken', 'The connection broke.');
    const other = new NotFoundError('not-found', 'Model 69 was not found.');
    expect(quiet(failed(missing, '67'), failed(broken, '68'), failed(other, '69'))).toEqual([
      '67: Model 67 was not found.',
      '69: Model 69 was not found.',
      expect.stringMatching(/^ {2}Check the id/),
      '',
      '68: The connection broke.',
      expect.stringMatching(/^ {2}Run the command again/),
    ]);
  });

  it('is printed once for each reason, in a group with others for which the same is to be done', () => {
    const broken = () => new NetworkError('broken', 'The connection broke.');
    const late = new NetworkError('timeout', 'No answer in 30 s.');
    expect(quiet(failed(broken(), '67'), failed(late, '68'), failed(broken(), '69'))).toEqual([
      '2 failed: The connection broke.',
      '  67, 69',
      '68: No answer in 30 s.',
      expect.stringMatching(/^ {2}Run the command again/),
    ]);
  });

  it('is wrapped between words on a terminal', () => {
    const layout = createTerminalLayout({ columns: 40 });
    const lines = summaryLines([failed(missing, '67'), done(), done()], 125_000, { ...options, layout });
    expect(lines).toEqual([
      '',
      '2  downloaded',
      '1  failed',
      '2.00 MB in 2:05, 16.0 kB/s on',
      '  average; all SHA256 verified',
      'in /models',
      '',
      '67: Model 67 was not found.',
      "  Check the id on the model's page.",
      '  Deleted and unpublished models cannot',
      '  be downloaded.',
    ]);
  });

  it('is printed with all sources, but one message, if many have the same cause', () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      failed(new NotFoundError('not-found', `Model ${1000 + index} was not found.`), String(1000 + index)),
    );
    const layout = createTerminalLayout({ columns: 40 });
    const lines = summaryLines(many, 0, { ...options, layout, quiet: true });
    expect(lines.slice(0, 2).join(' ')).toBe(
      '60 failed with similar errors, the first: Model 1000 was not found.',
    );
    expect(lines.slice(2, 4)).toEqual([
      '  1000, 1001, 1002, 1003, 1004, 1005,',
      '  1006, 1007, 1008, 1009, 1010, 1011,',
    ]);
    expect(lines.slice(2, -3).join('').match(/\d+/g)).toEqual(many.map(({ subject }) => subject.text));
    expect(lines.at(-3)).toMatch(/^ {2}Check the id/);
  });

  it('of a full disk is printed once, with what was not started because of it', () => {
    const full = new FileSystemError('no-space', 'Cannot write: no space left on the disk.');
    expect(
      quiet(failed(full, '66'), failed(full, '67'), notStarted(full, '68'), notStarted(full, '69')),
    ).toEqual([
      '2 failed: Cannot write: no space left on the disk.',
      '  66, 67',
      expect.stringMatching(/^ {2}Free some space/),
      '',
      '2 not started because the run stopped early:',
      '  68, 69',
    ]);
  });

  it('does not list thousands of sources that were not started', () => {
    const limit = new RateLimitError('daily-limit', 'The limit of the day is reached.');
    const many = Array.from({ length: 3000 }, (_, index) => notStarted(limit, String(index)));
    const lines = quiet(failed(limit, 'x'), ...many);
    expect(lines).toHaveLength(7);
    expect(lines.at(-1)).toMatch(/^ {2}(.*, )?and 2950 more$/);
  });

  it('of images is printed with the models', () => {
    expect(quiet(done({}, { fetched: 1, failed: 2 }))).toEqual([
      'Some images failed. Run the same command again to download only the missing ones:',
      '  66',
    ]);
  });

  it('is printed with its place in a batch file', () => {
    const outcome = {
      ...failed(missing),
      subject: { text: '67', origin: { file: 'lists/a.txt', line: 12 } },
    };
    expect(quiet(outcome)[0]).toBe('67 (lists/a.txt:12): Model 67 was not found.');
  });

  it('is printed in one line, whatever control characters it contains', () => {
    const error = new NetworkError('broken', 'a\u001b[2J\u202eb');
    expect(quiet(failed(error, 'x\r\u001b]0;y\u0007'))[0]).toBe('x ]0;y: a [2J b');
  });

  it('is printed even if the error is unexpected', () => {
    const lines = quiet(failed(new TypeError('x is not\u0007 a function')));
    expect(lines[0]).toBe('66: Unexpected error: x is not  a function');
    expect(lines[1]).toMatch(/--verbose/);
  });

  it('is coloured if colours are on', () => {
    const lines = summaryLines([failed(missing)], 0, { ...options, style: createStyle(true) });
    expect(lines[3]).toBe('\u001b[31m66: Model 67 was not found.\u001b[39m');
  });
});

describe('an interrupted run', () => {
  const interrupted = new InterruptedError();

  it('says how to resume, and what had failed before', () => {
    expect(summary(done(), failed(missing, '67'), failed(interrupted), notStarted(interrupted))).toEqual([
      '1  downloaded',
      '1  failed',
      '1  paused',
      '1  not started',
      '1.00 MB in 2:05, 8.00 kB/s on average; SHA256 verified',
      'in /models',
      '',
      'Interrupted. Partial downloads are kept: run the same command again to resume.',
      '',
      '67: Model 67 was not found.',
      expect.stringMatching(/^ {2}Check the id/),
    ]);
  });
});
