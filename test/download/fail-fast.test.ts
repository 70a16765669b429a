import { expect } from 'vitest';
import { FailFast } from '../../src/download/fail-fast.js';
import {
  type AccessCode,
  AccessError,
  FileSystemError,
  NotFoundError,
  RateLimitError,
} from '../../src/errors.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

function fileError(code: FileSystemError['code'], errno: string, path = ''): FileSystemError {
  const cause = Object.assign(new Error(errno), { errno: -1, code: errno, path });
  return new FileSystemError(code, errno, { cause });
}

/** Whether a run whose root directory is `models` is stopped by an error. */
function stops(error: unknown): boolean {
  const stopped: unknown[] = [];
  const failFast = new FailFast(sandbox.path('models'), (reason) => stopped.push(reason));
  failFast.record(error);
  failFast.record(error);
  expect(stopped).toEqual(failFast.signal.aborted ? [error] : []);
  return failFast.signal.aborted;
}

it.each([
  ['the daily limit', new RateLimitError('daily-limit', ''), true],
  ['a short limit', new RateLimitError('rate-limited', ''), false],
  ['a missing model', new NotFoundError('not-found', ''), false],
  ['a full disk', fileError('no-space', 'ENOSPC'), true],
  ['a file that is too large for its file system', fileError('file-too-large', 'EFBIG'), false],
  ['too little space for all files', fileError('too-little-space', ''), true],
  ['a read-only file system', fileError('not-permitted', 'EROFS'), true],
  ['another error of the file system', fileError('file-system', 'EIO'), false],
  ['an unexpected error', new Error('unexpected'), false],
])('a run is stopped by %s: %s', (_what, error, expected) => {
  expect(stops(error)).toBe(expected);
});

it.each([
  ['the missing root directory', false, 'models', true],
  ['a new folder in the root directory', true, 'models/lora/some model', true],
  ['a folder below the root directory', true, 'models/sd15/lora', false],
  ['another folder', true, 'elsewhere/lora', false],
])('a run is stopped if permission is denied for %s', async (_what, hasRoot, path, expected) => {
  await sandbox.write('elsewhere/file', '');
  if (hasRoot) await sandbox.write('models/sd15/file', '');
  expect(stops(fileError('not-permitted', 'EACCES', sandbox.path(path)))).toBe(expected);
});

/** What happens to the downloads of a run: refusals by their codes, grants, and other failures. */
it.each<readonly [events: readonly (AccessCode | 'granted' | 'not-found')[], expected: boolean]>([
  [['key-missing', 'key-missing', 'key-missing'], true],
  [['key-wrong', 'key-wrong', 'key-wrong'], true],
  [['key-missing', 'not-found', 'key-missing', 'key-missing'], true],
  [['key-missing', 'key-missing'], false],
  [['granted', 'key-missing', 'key-missing', 'key-missing', 'key-missing'], false],
  [['key-missing', 'key-missing', 'granted', 'key-missing', 'key-missing', 'key-missing'], false],
  [['no-access', 'no-access', 'no-access', 'no-access'], false],
  [['early-access', 'early-access', 'early-access'], false],
  [['downloads-disabled', 'downloads-disabled', 'downloads-disabled'], false],
])('a run is stopped by refusals for lack of a key: %j: %s', (events, expected) => {
  const stopped: unknown[] = [];
  const failFast = new FailFast(sandbox.path('models'), (reason) => stopped.push(reason));
  for (const event of events) {
    if (event === 'granted') failFast.recordGranted();
    else if (event === 'not-found') failFast.record(new NotFoundError(event, ''));
    else failFast.record(new AccessError(event, ''));
  }
  expect(failFast.signal.aborted).toBe(expected);
  expect(stopped).toHaveLength(expected ? 1 : 0);
});
