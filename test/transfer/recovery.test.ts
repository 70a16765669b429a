import { describe, expect, it } from 'vitest';
import { ContentError, FileSystemError, NetworkError, NotFoundError, ServerError } from '../../src/errors.js';
import {
  decideRecovery,
  decideRestart,
  type Recovery,
  type RecoveryFacts,
  type Restart,
  RestartNeeded,
} from '../../src/transfer/recovery.js';
import { UrlExpired } from '../../src/transfer/response.js';

const alone: RecoveryFacts = {
  isPreempted: false,
  areOthersBusy: false,
  received: 0,
  wrongContents: 0,
  isRetryable: true,
};
const amongOthers: RecoveryFacts = { ...alone, areOthersBusy: true };
const final = { isRetryable: false } as const;

const broken = new NetworkError('broken', 'The connection broke.');
const server = new ServerError('server', 'Status 503.');
const guarded = new ServerError('guarded', 'Status 403.');
const expired = new UrlExpired('bad-answer', 'Status 403.');
const page = new ContentError('wrong-kind', 'A page instead of the file.');
const mixture = new ContentError('wrong-checksum', 'Another SHA256.');
const restart = new RestartNeeded(new ContentError('changed', 'The file has changed.'));

describe('a connection after an error', () => {
  it.each<readonly [string, unknown, RecoveryFacts, Recovery]>([
    ['a broken connection', broken, alone, 'wait'],
    ['a failing server', server, alone, 'wait'],
    [
      'a broken connection among others, after some bytes',
      broken,
      { ...amongOthers, received: 9 },
      'continue',
    ],
    ['a connection refused among others', broken, amongOthers, 'drop'],
    ['a failing server among others', server, amongOthers, 'drop'],
    ['an expired URL', expired, { ...alone, ...final }, 'new-url'],
    ['an expired URL among others', expired, { ...amongOthers, ...final }, 'new-url'],
    ['the first page instead of the file', page, { ...alone, ...final }, 'continue'],
    ['the second page instead of the file', page, { ...alone, ...final, wrongContents: 1 }, 'continue'],
    ['the third page instead of the file', page, { ...alone, ...final, wrongContents: 2 }, 'fail'],
    ['a page among others', page, { ...amongOthers, ...final }, 'drop'],
    ['a guard', guarded, { ...alone, ...final }, 'fail'],
    ['a guard that lets others through', guarded, { ...amongOthers, ...final }, 'drop'],
    ['a file that is not found', new NotFoundError('not-found', ''), { ...alone, ...final }, 'fail'],
    [
      'a file that is not found, among others',
      new NotFoundError('not-found', ''),
      { ...amongOthers, ...final },
      'fail',
    ],
    ['a full disk', new FileSystemError('no-space', ''), { ...amongOthers, ...final }, 'fail'],
    ['a restart', restart, { ...amongOthers, ...final }, 'fail'],
    ['an unexpected error', new TypeError('x is undefined'), { ...alone, ...final }, 'fail'],
    ['a segment that another connection took over', broken, { ...alone, isPreempted: true }, 'continue'],
  ])('%s', (_name, error, facts, recovery) => {
    expect(decideRecovery(error, facts)).toBe(recovery);
  });
});

describe('a transfer after a failed attempt', () => {
  const large = 17 * 1024 * 1024;
  const withoutRanges = new RestartNeeded(new ContentError('wrong-range', ''), { withoutRanges: true });
  const wrongBytes = new RestartNeeded(page, { hasWrongBytes: true });
  const retry = new RestartNeeded(broken, { withoutRanges: true, isRetry: true });
  it.each<readonly [string, unknown, { written: number; restarts: number }, Restart]>([
    ['a changed file', restart, { written: 9, restarts: 0 }, 'same'],
    ['a file that changed three times', restart, { written: 9, restarts: 3 }, 'none'],
    ['a host without ranges', withoutRanges, { written: 9, restarts: 0 }, 'whole'],
    ['a retry without ranges', retry, { written: 9, restarts: 99 }, 'whole'],
    ['a wrong checksum of a short file', mixture, { written: 9, restarts: 1 }, 'whole'],
    ['the third wrong checksum of a short file', mixture, { written: 9, restarts: 2 }, 'none'],
    ['a wrong checksum of a large file', mixture, { written: large, restarts: 0 }, 'whole'],
    ['the second wrong checksum of a large file', mixture, { written: large, restarts: 1 }, 'none'],
    [
      'a wrong range before any byte',
      new ContentError('wrong-range', ''),
      { written: 0, restarts: 0 },
      'whole',
    ],
    ['a page instead of a part', page, { written: 9, restarts: 0 }, 'none'],
    ['a page that came as the whole file', wrongBytes, { written: 9, restarts: 1 }, 'same'],
    ['the third page that came as the whole file', wrongBytes, { written: 9, restarts: 2 }, 'none'],
    ['a large body that is not the file', wrongBytes, { written: large, restarts: 0 }, 'same'],
    ['the second large body that is not the file', wrongBytes, { written: large, restarts: 1 }, 'none'],
    [
      'a host that contradicts itself',
      new ContentError('wrong-size', ''),
      { written: 0, restarts: 0 },
      'same',
    ],
    ['a broken connection', broken, { written: 9, restarts: 0 }, 'none'],
  ])('%s', (_name, error, facts, expected) => {
    expect(decideRestart(error, facts)).toBe(expected);
  });
});
