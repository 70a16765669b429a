import { describe, expect, it } from 'vitest';
import { createStyle } from '../../src/cli/report/style.js';
import { summaryLines } from '../../src/cli/report/summary.js';
import { AccessError, InterruptedError, NetworkError, NotFoundError } from '../../src/errors.js';
import type { Outcome } from '../../src/events.js';
import { done, failed, repeated } from './outcomes.js';

const missing = new NotFoundError('not-found', 'Model 67 was not found.');
const plain = createStyle(false);

const summary = (...outcomes: readonly Outcome[]) =>
  summaryLines(
    outcomes,
    125_000,
    (again) => `civitdl ${again.map(({ subject }) => subject.text).join(' ')} m`,
    plain,
  );

describe('the counts of a run', () => {
  it.each<readonly [says: string, outcomes: readonly Outcome[]]>([
    ['Nothing done; 0 B in 2:05', []],
    ['1 downloaded; 1.00 MB in 2:05', [done()]],
    ['2 downloaded; 2.00 MB in 2:05', [done(), done({ how: 'replaced' })]],
    ['1 already there; 0 B in 2:05', [done({ how: 'present', fetched: 0 })]],
    [
      '1 downloaded, 2 taken from cache; 1.00 MB in 2:05',
      [done({ how: 'cached', fetched: 0 }), done(), done({ how: 'cached', fetched: 0 })],
    ],
    ['1 without the model file; 0 B in 2:05', [done({ how: 'left-out', fetched: 0, verified: undefined })]],
    ['1 downloaded; 500 kB in 2:05', [done({ fetched: 500_000 })]],
    ['1 downloaded, 1 asked for twice; 1.00 MB in 2:05', [done(), repeated]],
    ['1 downloaded; 1.00 MB in 2:05; 1 file checked by size only', [done({ verified: 'size' })]],
    [
      '2 downloaded; 2.00 MB in 2:05; 2 files checked by size only',
      [done({ verified: 'size' }), done({ verified: 'size' })],
    ],
    [
      '1 downloaded, 1 already there, 1 failed; 1.00 MB in 2:05',
      [done(), done({ how: 'present', fetched: 0 }), failed(missing)],
    ],
  ])('are: %s', (says, outcomes) => {
    expect(summary(...outcomes)[0]).toBe(says);
  });

  it('are all that is said where nothing failed', () => {
    expect(summary(done(), repeated)).toHaveLength(1);
  });
});

it('tells of which models images are missing, and how many', () => {
  const lines = summary(done(), done({}, { fetched: 1, present: 1, failed: 2 }), done({}, { failed: 1 }));
  expect(lines).toEqual([
    '3 downloaded; 3.00 MB in 2:05',
    '66: 2 of 4 images failed; the same command tries only these again.',
    '66: 1 of 1 image failed; the same command tries only these again.',
  ]);
});

describe('what failed in a run', () => {
  it('is told with its reason, what to do, and the command that tries it again', () => {
    const wrongKey = new AccessError('key-wrong', 'It needs a key.');
    const lines = summary(failed(missing, '67'), done(), failed(wrongKey, '68'));
    expect(lines.slice(1)).toEqual([
      '67: Model 67 was not found.',
      expect.stringMatching(/^ {2}Check the id on the model's page/),
      '68: It needs a key.',
      expect.stringMatching(/^ {2}Check the key on .*'civitdl -k'.*'civitconfig default -k'\.$/),
      'To try what failed again:',
      '  civitdl 67 68 m',
    ]);
  });

  it('is told with its place in a batch file', () => {
    const outcome = {
      ...failed(missing),
      subject: { text: '67', origin: { file: 'lists/a.txt', line: 12 } },
    };
    expect(summary(outcome)[1]).toBe('67 (lists/a.txt:12): Model 67 was not found.');
  });

  it('is told in one line though its words come from strangers', () => {
    const error = new NetworkError('broken', 'a\u001b[2J\u202eb');
    expect(summary(failed(error, 'x\r\u001b]0;y\u0007'))[1]).toBe('x ]0;y: a [2J b');
  });

  it('is told though it is a mistake of ours', () => {
    const lines = summary(failed(new TypeError('x is not\u0007 a function')));
    expect(lines[1]).toBe('66: Something went wrong that should not have: x is not  a function');
    expect(lines[2]).toMatch(/'--verbose'/);
  });

  it('is coloured where colours are wanted', () => {
    const lines = summaryLines([failed(missing)], 0, () => '', createStyle(true));
    expect(lines[1]).toBe('\u001b[31m66: Model 67 was not found.\u001b[39m');
  });
});

describe('a run that is interrupted', () => {
  it('says that the same command goes on', () => {
    expect(summary(done(), failed(missing), failed(new InterruptedError()))).toEqual([
      '1 downloaded, 2 failed; 1.00 MB in 2:05',
      'Interrupted. What was received is kept: the same command goes on where it stopped.',
    ]);
  });
});
