import { describe, expect, it } from 'vitest';
import { unavailableReason } from '../../../src/civitai/availability.js';
import { eventLines, formatSource } from '../../../src/cli/report/event-lines.js';
import { createStyle } from '../../../src/cli/terminal/style.js';
import type { DownloadEvent, ItemEvent, PassedOver, RunEvent } from '../../../src/download/events.js';
import { AccessError, NetworkError, SelectionError } from '../../../src/errors.js';
import { stripControlChars } from '../../../src/text.js';
import { modelOf, versionOf } from '../../civitai/samples.js';
import { done, failed, repeated } from './outcomes.js';

type TestEvent = (ItemEvent & { readonly item?: number }) | RunEvent;
const lines = (event: TestEvent) => eventLines({ item: 1, ...event } as DownloadEvent, createStyle(false));
const subject = { text: '66' };
const file = done().file;
const broken = new NetworkError('broken', 'The connection broke.');
const resolved = {
  type: 'resolved',
  model: { id: 66, name: 'Anything', type: 'Checkpoint' },
  version: { id: 75, name: 'V3', baseModel: 'SD 1.5', trainedWords: [] },
  page: 'https://civitai.com/models/66?modelVersionId=75',
  skipped: [],
} as const satisfies TestEvent;

/** Noon, so that it is the same day in every time zone of a test machine. */
const NOON = new Date(2026, 6, 31, 12).getTime();

/** A model of a list that is passed over because of options. */
const unfit = (id: number, ...flags: readonly string[]) => ({
  id,
  name: 'Ink',
  error: new SelectionError('nothing-fits', `Ink ${id} does not fit.`, flags),
});
const listed = (models: number, ...passedOver: readonly PassedOver[]): TestEvent => ({
  type: 'listing',
  subject: { text: 'user:ink' },
  models,
  passedOver,
  isLast: true,
});

describe('the lines of a list', () => {
  it.each([
    ['without models', listed(0), 'user:ink: 0 models'],
    ['with some passed over', listed(1, unfit(1, '--type')), 'user:ink: 1 model'],
    ['with all passed over', listed(0, unfit(1, '--type')), 'user:ink: 0 models, 1 passed over: --type'],
    [
      'with all passed over for several reasons',
      listed(0, ...[unfit(1, '--type'), unfit(2, '--format', '--no-pickle'), unfit(3, '--type')], {
        id: 4,
        name: 'Ink',
        error: new AccessError('early-access', 'It is in early access.'),
      }),
      'user:ink: 0 models, 4 passed over: --type, --format, --no-pickle, early access',
    ],
  ])('%s', (_name, event, expected) => {
    expect(lines(event)[0]).toBe(expected);
  });
});

describe('the lines of an event', () => {
  it.each<readonly [what: string, event: TestEvent, expected: readonly string[]]>([
    ['the only item starts', { type: 'started', subject, item: 1, of: 1 }, []],
    ['one of several items starts', { type: 'started', subject, item: 2, of: 3 }, ['[2/3] 66']],
    ['a model is resolved', resolved, ['Anything V3 (Checkpoint, SD 1.5), model 66, version 75']],
    [
      'a model has trigger words',
      { ...resolved, version: { ...resolved.version, trainedWords: ['ppr lntrn', 'a\u001b[2J, b'] } },
      ['Anything V3 (Checkpoint, SD 1.5), model 66, version 75', '  trigger words: ppr lntrn, a [2J, b'],
    ],
    [
      'a version is skipped',
      { ...resolved, skipped: [new AccessError('early-access', 'Version 74 is in early access.')] },
      [
        'Anything V3 (Checkpoint, SD 1.5), model 66, version 75',
        '  version skipped: Version 74 is in early access.',
      ],
    ],
    [
      'a file starts',
      { type: 'file-started', name: 'a.ckpt', size: 2_132_625_894 },
      ['  downloading a.ckpt (2.13 GB)'],
    ],
    [
      'a file of unknown size starts',
      { type: 'file-started', name: 'a.ckpt', size: undefined },
      ['  downloading a.ckpt'],
    ],
    ['bytes arrive', { type: 'file-progress', received: 1, total: 2 }, []],
    [
      'a file is finished',
      { type: 'file-finished', file },
      ['  downloaded, SHA256 verified: /models/a.ckpt'],
    ],
    [
      'a file is replaced',
      { type: 'file-finished', file: { ...file, how: 'replaced' } },
      ['  downloaded, replacing the existing file, SHA256 verified: /models/a.ckpt'],
    ],
    [
      'a file is verified by its BLAKE3',
      { type: 'file-finished', file: { ...file, verified: 'BLAKE3' } },
      ['  downloaded, BLAKE3 verified: /models/a.ckpt'],
    ],
    [
      'nothing is known to verify a file by',
      { type: 'file-finished', file: { ...file, verified: undefined } },
      ['  downloaded, not verified: the server has neither a checksum nor a size: /models/a.ckpt'],
    ],
    [
      'a verified file is not what its name says',
      { type: 'file-noticed', notice: { type: 'warned', message: 'a\u001b is a pickle file.' } },
      ['  warning: a  is a pickle file.'],
    ],
    [
      'a file already exists and is trusted',
      { type: 'file-finished', file: { ...file, how: 'present', verified: undefined } },
      ['  already downloaded, not verified: /models/a.ckpt'],
    ],
    [
      'a file already exists and is verified',
      { type: 'file-finished', file: { ...file, how: 'present' } },
      ['  already downloaded, SHA256 verified now: /models/a.ckpt'],
    ],
    [
      'a file already exists and was verified earlier',
      { type: 'file-finished', file: { ...file, how: 'present', checkedAt: NOON } },
      ['  already downloaded, SHA256 verified on 2026-07-31, unchanged since: /models/a.ckpt'],
    ],
    [
      'a file is copied',
      { type: 'file-started', name: 'a.ckpt', size: 1, copied: '/other/a\u001b.ckpt' },
      ['  copying a.ckpt from /other/a .ckpt'],
    ],
    [
      'a file is linked',
      {
        type: 'file-finished',
        file: {
          ...file,
          how: 'cached',
          checkedAt: NOON,
          cached: { path: '/other/a.ckpt', by: 'hard link', replaced: true },
        },
      },
      [
        '  taken from cache as a hard link, replacing the existing file, SHA256 verified on 2026-07-31, unchanged since: /models/a.ckpt',
      ],
    ],
    [
      'a file has no checksum',
      { type: 'file-finished', file: { ...file, verified: 'size' } },
      ['  downloaded, verified by size only: the server has no checksum: /models/a.ckpt'],
    ],
    ['one image starts', { type: 'images-started', count: 1 }, ['  downloading 1 image']],
    ['images start', { type: 'images-started', count: 3 }, ['  downloading 3 images']],
    ['an image is finished', { type: 'image-finished' }, []],
    ['an image fails', { type: 'image-finished', error: broken }, ['  warning: The connection broke.']],
    ['there is a warning', { type: 'warned', error: broken }, ['  warning: The connection broke.']],
    [
      'a transfer is retried',
      { type: 'retrying', error: broken, waitMs: 1_250 },
      ['  The connection broke. Retrying in 1.3 s.'],
    ],
    ['an item ends without images', { type: 'finished', outcome: done(), isLast: true }, []],
    [
      'an item ends with images',
      { type: 'finished', outcome: done({}, { fetched: 2, present: 1, failed: 1 }), isLast: true },
      ['  2 images downloaded, 1 image already downloaded, 1 image failed'],
    ],
    [
      'an item is a duplicate',
      { type: 'finished', outcome: repeated, isLast: true },
      ['  duplicate of a file earlier in this run'],
    ],
    [
      'an item fails',
      { type: 'finished', outcome: failed(broken), isLast: true },
      ['  failed: The connection broke.'],
    ],
    ['the run pauses', { type: 'pausing', seconds: 3 }, ['pausing for 3 s']],
  ])('when %s', (_what, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });

  it('contain no control characters, whatever a model is called', () => {
    const hostile = 'a\u001b[2J\u001b]0;x\u0007\r\nb\u202ec\u2066d\u009b1m';
    const event: TestEvent = {
      ...resolved,
      model: { id: 66, name: hostile, type: hostile },
      version: { id: 75, name: hostile, baseModel: hostile, trainedWords: [hostile] },
      skipped: [new AccessError('no-access', hostile.replace('\n', ''))],
    };
    const text = lines(event).join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  it('are not more because of a line break in a name', () => {
    const version = versionOf(75, { name: 'v1\n  downloaded, SHA256 verified: /models/a.ckpt', files: [] });
    const problem = unavailableReason(modelOf(66), version, 0);
    const text = lines({ ...resolved, skipped: problem ? [problem] : [] }).join('\n');
    expect(text.split('\n')).toHaveLength(2);
  });

  it('contain no control characters of a typed source', () => {
    expect(formatSource({ text: 'a\u001b[2J', origin: { file: 'b\u0007', line: 3 } })).toBe('a [2J (b :3)');
  });
});

describe('stripControlChars', () => {
  it.each([
    ['ordinary', 'ordinary'],
    ['美露莘 Ünï 🦊', '美露莘 Ünï 🦊'],
    ['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'],
    ['نیم\u200cفاصله', 'نیم\u200cفاصله'],
    ['  outer blanks ', 'outer blanks'],
    ['a\nb\tc', 'a b c'],
    ['a\u0000\u0001\u0002b', 'a b'],
    ['\u202egnp.exe', 'gnp.exe'],
    ['a\u2028b\u2029c\ufeffd', 'a b c d'],
  ])('makes %j to %j', (text, plain) => {
    expect(stripControlChars(text)).toBe(plain);
  });
});
