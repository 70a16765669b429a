import { describe, expect } from 'vitest';
import { type Civitai, type FaultKind, startCivitai } from '../fake-civitai/civitai.js';
import { it } from '../harness/fixture.js';
import { example, type Given, models, right, size, transferExample } from './transferring.js';

// Tests run at the same time, each with its own server.
it.override('civitai', async ({ onTestFinished }) => {
  const civitai = await startCivitai({ models });
  onTestFinished(() => civitai.close());
  return civitai;
});

const always = (civitai: Civitai, fault: FaultKind) =>
  civitai.fault({ on: 'storage', times: Number.POSITIVE_INFINITY, ...fault });
const labels = (headers: Readonly<Record<string, string | undefined>>): FaultKind => ({
  kind: 'headers',
  headers,
});

/** Hints that are wrong, while the bytes are right. */
const hints: readonly (readonly [name: string, given: Given, fault?: FaultKind])[] = [
  ['a size that was rounded', { size: size - 2 }],
  ['a size that is a byte too large', { size: size + 1 }],
  ['a size that is a tenth too small', { size: Math.round(size * 0.9) }],
  ['a size that is a tenth too large', { size: Math.round(size * 1.1) }],
  ['a few bytes', { size: 3 }],
  ['five times the size', { size: size * 5 }],
  ['a wrong size, and none of the host', { size: size * 2 }, labels({ 'content-length': undefined })],
  ['a page by its type', {}, labels({ 'content-type': 'text/html; charset=utf-8' })],
  ['JSON by its type', {}, labels({ 'content-type': 'application/json' })],
  ['an encoding that it does not have', {}, labels({ 'content-encoding': 'aws-chunked' })],
  ['no type', {}, labels({ 'content-type': undefined })],
];

describe.concurrent.each([1, 4])('a file with a SHA256 over %i connections', (maxConnections) => {
  it.for(hints)(
    'is right at once, whatever is published: %s',
    async ([, given, fault], { civitai, sandbox }) => {
      if (fault) always(civitai, fault);
      civitai.setRate(16_000_000);
      const { error, isRight, events, names } = await transferExample(civitai, sandbox, {
        maxConnections,
        ...given,
      });
      expect(error).toBeUndefined();
      expect(isRight).toBe(true);
      expect(names).toEqual([example.name]);
      expect(events.filter(({ type }) => type === 'started-over')).toEqual([]);
      expect(events.at(-1)).toMatchObject({ type: 'verified', by: 'SHA256' });
      expect(civitai.requestsTo('download')).toHaveLength(1);
      const sent = civitai.requestsTo('storage').reduce((sum, { bytesSent }) => sum + bytesSent, 0);
      expect(sent).toBeLessThan(size * 1.3);
    },
  );

  it('is resumed though its published size has changed', async ({ civitai, sandbox }) => {
    const at = size - 300_000;
    always(civitai, { kind: 'reset', at });
    const first = await transferExample(civitai, sandbox, { maxConnections, size: size - 5_000 });
    expect(first.error).toMatchObject({ code: 'broken' });
    civitai.reset();
    const second = await transferExample(civitai, sandbox, { maxConnections, size: size + 5_000 });
    expect(second).toMatchObject({ error: undefined, isRight: true });
    expect(second.resumed).toBeGreaterThan(0);
    expect(second.events).not.toContainEqual(expect.objectContaining({ type: 'started-over' }));
  });

  it('is not fetched again if the last run received all of it', async ({ civitai, sandbox }) => {
    const stop = new AbortController();
    const isAll = (received: number) => {
      if (received === size) stop.abort(new Error('enough'));
    };
    await transferExample(civitai, sandbox, {
      maxConnections,
      size: size + 7,
      signal: stop.signal,
      onProgress: isAll,
    });
    civitai.reset();
    const { isRight, resumed } = await transferExample(civitai, sandbox, { maxConnections, size: size + 7 });
    expect([isRight, resumed]).toEqual([true, size]);
    expect(civitai.requestsTo('storage').reduce((sum, { bytesSent }) => sum + bytesSent, 0)).toBe(0);
  });

  it.for<readonly [name: string, fault: FaultKind]>([
    ['a page', { kind: 'html' }],
    ['an error as JSON', { kind: 'json' }],
    ['a compressed body', { kind: 'gzip' }],
  ])(
    'keeps what it has while the host sends %s instead of the rest',
    async ([, fault], { civitai, sandbox }) => {
      civitai.fault({ on: 'storage', kind: 'reset', at: 1_000_000, times: 1 });
      civitai.fault({
        on: 'storage',
        ...fault,
        times: Number.POSITIVE_INFINITY,
        where: ({ headers }) => !/^bytes=0-/.test(headers.range ?? 'bytes=0-'),
      });
      const { error, names } = await transferExample(civitai, sandbox, { maxConnections });
      expect(error).toMatchObject({ name: 'ContentError', code: 'wrong-kind' });
      expect(names).toContain(`${example.name}.part`);
      civitai.reset();
      const next = await transferExample(civitai, sandbox, { maxConnections });
      expect(next.isRight).toBe(true);
      expect(next.resumed).toBeGreaterThan(0);
    },
  );
});

describe.concurrent('a file without a checksum', () => {
  const none: Given = { sha256: undefined };
  const noLength = labels({ 'content-length': undefined });

  it.for<readonly [name: string, given: Given, fault: FaultKind | undefined, by: string | undefined]>([
    ['its host says the size', { size }, undefined, 'size'],
    ['only its host says the size', { size: undefined }, undefined, 'size'],
    ['its host says another size than the published one', { size: size + 100_000 }, undefined, 'size'],
    ['its published size is too small', { size: size - 100_000 }, undefined, 'size'],
    ['nobody says the size', { size: undefined }, noLength, undefined],
    ['only the published size is known', { size }, noLength, undefined],
  ])('is called verified if %s: %j', async ([, given, fault, by], { civitai, sandbox }) => {
    if (fault) always(civitai, fault);
    const { error, isRight, events } = await transferExample(civitai, sandbox, { ...none, ...given });
    expect(error).toBeUndefined();
    expect(isRight).toBe(true);
    const verified = events.filter((event) => event.type === 'verified');
    expect(verified.map((event) => event.by)).toEqual(by ? [by] : []);
  });

  it.for([1, 4, 8])(
    'breaks as a connection in its first bytes, not as another file: %i',
    async (bytes, { civitai, sandbox }) => {
      always(civitai, { kind: 'reset', at: bytes });
      const { error } = await transferExample(civitai, sandbox, none);
      expect(error).toMatchObject({ name: 'NetworkError', code: 'broken' });
      civitai.reset();
      expect(await transferExample(civitai, sandbox, none)).toMatchObject({
        error: undefined,
        isRight: true,
      });
    },
  );

  it.for([1, 8])('resumes after %i bytes', async (bytes, { civitai, sandbox }) => {
    civitai.fault({ on: 'storage', kind: 'reset', after: bytes });
    const { error, isRight } = await transferExample(civitai, sandbox, none);
    expect([error, isRight]).toEqual([undefined, true]);
  });

  it('starts over if its host says another size than in the run before', async ({ civitai, sandbox }) => {
    civitai.moveFile(example.id, 'b2');
    always(civitai, { kind: 'reset', at: 1_000_000 });
    await transferExample(civitai, sandbox, none);
    civitai.reset();
    civitai.moveFile(example.id, 'b2');
    civitai.fault({ on: 'storage', kind: 'wrongContentRange', total: size + 9 });
    const { isRight, events } = await transferExample(civitai, sandbox, none);
    expect(isRight).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ type: 'started-over' }));
  });
});

describe.concurrent('a body without a length that ends too early', () => {
  /** The end of the connection is the end of the body, so that a broken one looks complete. */
  const half: FaultKind = { kind: 'truncate', after: 1_500_000, withoutLength: true };

  it.for<readonly [name: string, given: Given]>([
    ['with a SHA256', {}],
    ['with a SHA256 and a published size that is a tenth off', { size: Math.round(size * 1.1) }],
    ['with only the published size', { sha256: undefined }],
  ])('is requested from there on %s', async ([, given], { civitai, sandbox }) => {
    civitai.fault({ on: 'storage', ...half });
    const { error, isRight } = await transferExample(civitai, sandbox, given);
    expect([error, isRight]).toEqual([undefined, true]);
    expect(civitai.requestsTo('storage').at(-1)?.headers.range).toBe('bytes=1500000-');
    expect(right).toHaveLength(size);
  });
});
