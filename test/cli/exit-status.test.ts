import { describe, expect, it } from 'vitest';
import { statusOf, statusOfRun } from '../../src/cli/exit-status.js';
import type { Outcome } from '../../src/download/events.js';
import {
  AccessError,
  ConfigError,
  ContentError,
  FileSystemError,
  InterruptedError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
  UsageError,
} from '../../src/errors.js';
import { done, failed, passedOver, repeated } from './report/outcomes.js';

const usage = new UsageError('bad-source', 'x');
const access = new AccessError('key-wrong', 'x');
const missing = new NotFoundError('not-found', 'x');
const network = new NetworkError('timeout', 'x');
const server = new ServerError('server', 'x');
const limit = new RateLimitError('daily-limit', 'x');
const disk = new FileSystemError('no-space', 'x');
const checksum = new ContentError('wrong-checksum', 'x');

describe('the exit status of an error', () => {
  it.each<readonly [status: number, what: string, error: unknown]>([
    [2, 'wrong usage', new UsageError('usage', 'x')],
    [2, 'a bad source', usage],
    [3, 'a missing key', new AccessError('key-missing', 'x')],
    [3, 'a wrong key', access],
    [3, 'no access', new AccessError('region-blocked', 'x')],
    [4, 'something that does not exist', missing],
    [4, 'something that was removed', new NotFoundError('archived', 'x')],
    [4, 'a picture that names no model', new NotFoundError('no-models', 'x')],
    [5, 'the network', network],
    [5, 'the server', server],
    [5, 'an invalid response', new ServerError('bad-answer', 'x')],
    [6, 'too many requests', limit],
    [1, 'the disk', disk],
    [1, 'a bad checksum', checksum],
    [1, 'the configuration', new ConfigError('bad-config', 'x')],
    [1, 'an unexpected error', new TypeError('x')],
    [1, 'a thrown string', 'x'],
    [130, 'an interruption', new InterruptedError()],
  ])('is %i for %s', (status, _what, error) => {
    expect(statusOf(error)).toBe(status);
  });
});

describe('the exit status of a run', () => {
  const present = done({ how: 'present', fetched: 0 });

  it.each<readonly [status: number, what: string, outcomes: readonly Outcome[]]>([
    [0, 'with nothing to do', []],
    [0, 'in which everything is done', [done(), present, repeated]],
    [0, 'in which everything is passed over', [passedOver(), passedOver()]],
    [4, 'in which the rest was passed over', [passedOver(), failed(missing)]],
    [0, 'in which only images failed', [done({}, { failed: 3 })]],
    [3, 'in which everything lacks a key', [failed(access), failed(new AccessError('no-access', 'x'))]],
    [4, 'in which nothing exists', [failed(missing), failed(new NotFoundError('archived', 'x'))]],
    [5, 'without network or server', [failed(network), failed(server)]],
    [6, 'over the limit', [failed(limit)]],
    [2, 'without a valid source', [failed(usage)]],
    [1, 'without space on the disk', [failed(disk), failed(checksum)]],
    [4, 'in which the rest already existed', [present, failed(missing), repeated]],
    [7, 'in which the rest was downloaded', [done(), failed(missing)]],
    [7, 'in which the rest was replaced', [done({ how: 'replaced' }), failed(missing)]],
    [7, 'with failures of several kinds', [failed(missing), failed(access)]],
    [7, 'with failures of several kinds and a download', [done(), failed(missing), failed(network)]],
    [130, 'that was interrupted', [done(), failed(missing), failed(new InterruptedError())]],
  ])('is %i for a run %s', (status, _what, outcomes) => {
    expect(statusOfRun(outcomes)).toBe(status);
  });
});
