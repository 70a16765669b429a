import { rm, utimes } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { openCache } from '../../src/cache/cache.js';
import type { RunContext } from '../../src/download/context.js';
import { predictOrigin, recordVerified, revalidate } from '../../src/download/local-copies.js';
import { systemRuntime } from '../../src/download/runtime.js';
import type { PartialOptions } from '../../src/options/options.js';
import { fileOf } from '../civitai/samples.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { testRun } from './run-context.js';

const content = 'model';
/** The SHA256 of the content. */
const sha256 = '9372C470EEADD5ECD9C3C74C2B3CB633F8E2F2FAD799250A0F70D652B6B825E4';
const file = fileOf(1, { size: content.length, hashes: new Map([['SHA256', sha256]]) });
/** Lines of the log. */
let trace: string[];
beforeEach(() => {
  trace = [];
});

function contextWith(options: PartialOptions = {}): RunContext {
  const { lock, now } = systemRuntime({});
  const warn = (error: unknown) => {
    throw error;
  };
  const cache = openCache({
    folder: sandbox.path('cache'),
    lock,
    now,
    warn,
    trace: (line) => trace.push(line),
  });
  return testRun(sandbox.dir, options, { cache }).run;
}

/** Writes a file, and records it as verified. */
async function addToIndex(name: string, { cache }: RunContext): Promise<string> {
  const path = await sandbox.write(name, content);
  await recordVerified(file, path, { verified: 'SHA256', checkedAt: 1 }, cache);
  return path;
}

describe('the predicted origin of a model file', () => {
  const predict = (run: RunContext) =>
    predictOrigin({ file, modelId: 66, versionId: 75, target: sandbox.path('target') }, run);

  it('is the network if it is on disk nowhere', async () => {
    expect(await predict(contextWith())).toBe('network');
  });

  it.each([
    ['trusted', content, { strictMode: 0 }, 'present'],
    ['of the right size', content, {}, 'unchecked'],
    ['of nearly the right size, since the SHA256 decides', `${content}s`, {}, 'unchecked'],
    ['of another size', 'other bytes', {}, 'network'],
    ['to be overwritten', content, { strictMode: 0, modelOverwrite: true }, 'network'],
  ])('with a file under its name that is %s', async (_what, bytes, options, origin) => {
    await sandbox.write('target', bytes);
    expect(await predict(contextWith(options))).toBe(origin);
  });

  it('is its own name if the file there was verified', async () => {
    const run = contextWith();
    await addToIndex('target', run);
    expect(await predict(run)).toBe('present');
  });

  it.each([
    ['unchanged', {}, async () => {}, 'cache'],
    ['touched', {}, (path: string) => utimes(path, 1, 1), 'network'],
    ['touched, but trusted', { strictMode: 0 }, (path: string) => utimes(path, 1, 1), 'cache'],
    ['removed', { strictMode: 0 }, (path: string) => rm(path), 'network'],
  ])('with a file of the index that is %s', async (_what, options, change, origin) => {
    const run = contextWith(options);
    await change(await addToIndex('elsewhere', run));
    expect(await predict(run)).toBe(origin);
  });
});

describe('a file of the index', () => {
  const check = async (run: RunContext) => {
    const [known] = (await run.cache?.find({ sha256 })) ?? [];
    return known && revalidate(known, file, run);
  };

  it('that has not changed is not read again', async () => {
    const run = contextWith();
    const path = await addToIndex('elsewhere', run);
    expect(await check(run)).toMatchObject({ path, verified: 'SHA256', checkedAt: 1 });
  });

  it('that was touched is read again', async () => {
    const run = contextWith();
    await utimes(await addToIndex('elsewhere', run), 1, 1);
    const copy = await check(run);
    expect(copy?.verified).toBe('SHA256');
    expect(copy?.checkedAt).toBeGreaterThan(1);
  });

  it('that was touched is trusted if files are trusted by their size', async () => {
    const run = contextWith({ strictMode: 0 });
    await utimes(await addToIndex('elsewhere', run), 1, 1);
    expect(await check(run)).toMatchObject({ verified: undefined, checkedAt: undefined });
  });

  it.each([
    ['removed', (path: string) => rm(path), 'is gone'],
    ['cut', () => sandbox.write('elsewhere', 'mod'), 'has another size now'],
    ['changed', () => sandbox.write('elsewhere', 'MODEL'), 'has other bytes now'],
  ])('that was %s is removed from the index', async (_what, change, reason) => {
    const run = contextWith();
    const path = await addToIndex('elsewhere', run);
    await change(path);
    expect(await check(run)).toBeUndefined();
    expect(trace).toEqual([`cache: ${path} ${reason}; removed from the index`]);
    expect(await check(run)).toBeUndefined();
    expect(trace).toHaveLength(1);
  });
});
