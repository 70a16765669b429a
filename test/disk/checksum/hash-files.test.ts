import { rm } from 'node:fs/promises';
import { beforeEach, expect } from 'vitest';
import type { HashedFile, hashFiles } from '../../../src/disk/checksum/hash-files.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';
import { digestOf, fox } from '../../transfer/fox.js';

/** The built module, since the worker's program is next to it. */
const built = new URL('../../../dist/disk/checksum/hash-files.js', import.meta.url).href;
const { hashFiles: hash }: { hashFiles: typeof hashFiles } = await import(built);

const { signal } = new AbortController();
let paths: string[];
beforeEach(async () => {
  paths = await Promise.all(
    [1, 2, 3, 4, 5].map((count) => sandbox.write(`${count}`, fox.text.repeat(count))),
  );
});

it.each([1, 2, 8])('hashes all files with %i threads', async (threads) => {
  const results = new Map<string, HashedFile>();
  let bytes = 0;
  await hash(paths, {
    threads,
    signal,
    onBytes: (bytesRead) => {
      bytes = bytesRead;
    },
    onHashed: async (path, result) => void results.set(path, result),
  });
  const expected = [1, 2, 3, 4, 5].map((count) => [
    sandbox.path(String(count)),
    { sha256: digestOf('SHA256', Buffer.from(fox.text.repeat(count))).toUpperCase() },
  ]);
  expect([...results].sort()).toEqual(expected);
  expect(bytes).toBe(15 * fox.text.length);
});

it('reports a file that cannot be read, and goes on', async () => {
  await rm(sandbox.path('2'));
  const failures: unknown[] = [];
  await hash(paths, {
    threads: 1,
    signal,
    onBytes: () => {},
    onHashed: async (path, result) => void ('error' in result && failures.push([path, result.error])),
  });
  const message = `Cannot read ${sandbox.path('2')}: file or folder not found.`;
  expect(failures).toEqual([
    [sandbox.path('2'), expect.objectContaining({ name: 'FileSystemError', message })],
  ]);
});

it('waits for the caller, and ends with its error', async () => {
  const failure = new Error('no');
  const hashed: string[] = [];
  const onHashed = async (path: string) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    hashed.push(path);
    if (hashed.length === 2) throw failure;
  };
  await expect(hash(paths, { threads: 1, signal, onBytes: () => {}, onHashed })).rejects.toBe(failure);
  expect(hashed).toEqual(paths.slice(0, 2));
});

it('ends when the signal aborts', async () => {
  const controller = new AbortController();
  const reason = new Error('interrupted');
  let count = 0;
  const onHashed = async () => {
    count++;
    controller.abort(reason);
  };
  const options = { threads: 1, signal: controller.signal, onBytes: () => {}, onHashed };
  await expect(hash(paths, options)).rejects.toBe(reason);
  await expect(hash(paths, options)).rejects.toBe(reason);
  expect(count).toBe(1);
});
