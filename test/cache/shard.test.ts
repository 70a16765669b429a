import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { fileLines, formatLine, type IndexLine } from '../../src/cache/entry.js';
import * as shard from '../../src/cache/shard.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { cachedFile, sha } from './cached-file.js';

const { removeShard } = shard;
const readShard = (of: string, key?: string) => shard.readShard(of, fileLines, key);
const addLine = (to: string, line: IndexLine) => shard.addLine(to, line, fileLines);
const compactShard = (of: string) => shard.compactShard(of, fileLines);

let path: string;
beforeEach(() => {
  path = sandbox.path('aa.jsonl');
});

const added = (name: string, at: number, key = sha('0')) => ({
  key,
  at,
  file: cachedFile(name, { sha256: key }),
});
const removed = (name: string, at: number) => ({ key: sha('0'), at, gone: name });
const paths = () => readShard(path).lines.map(({ file }) => file.path);
const names = async () => (await readdir(sandbox.dir)).filter((name) => name !== 'home');

describe('a shard', () => {
  it('is empty if it is missing', () => {
    expect(readShard(path)).toEqual({ lines: [], count: 0, corrupt: 0, isTorn: false });
    removeShard(path);
  });

  it('has the newest line of each path, the newest first', () => {
    const newer = { ...added('/a', 3), file: cachedFile('/a', { checkedAt: 3 }) };
    for (const line of [added('/a', 1), added('/b', 1), newer, removed('/b', 2), added('/c', 2)])
      addLine(path, line);
    expect(paths()).toEqual(['/a', '/c']);
    expect(readShard(path).count).toBe(5);
  });

  it('counts the later of two lines of one millisecond', () => {
    addLine(path, added('/a', 1));
    addLine(path, removed('/a', 1));
    expect(paths()).toEqual([]);
  });

  it('does not get a line that is current', async () => {
    addLine(path, removed('/a', 1));
    addLine(path, added('/a', 1));
    const before = await readFile(path, 'utf8');
    addLine(path, added('/a', 2));
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('can be read for one key', () => {
    addLine(path, added('/a', 1));
    addLine(path, added('/b', 1, sha('1')));
    expect(readShard(path, sha('1'))).toMatchObject({ count: 1, lines: [{ key: sha('1') }] });
  });

  it('is torn if its last line is incomplete, and gets the next line after it', async () => {
    addLine(path, added('/a', 1));
    await appendFile(path, '{"key":');
    expect(readShard(path)).toMatchObject({ count: 1, isTorn: true });
    expect(addLine(path, added('/b', 2))).toBe(false);
    expect(paths()).toEqual(['/b', '/a']);
    expect(readShard(path)).toMatchObject({ count: 3, corrupt: 1, isTorn: false });
    expect(addLine(path, added('/b', 3))).toBe(true);
  });

  it('needs compaction when it has many stale lines', () => {
    const results = Array.from({ length: 40 }, (_, at) =>
      addLine(path, { ...added('/a', at), file: cachedFile('/a', { checkedAt: at }) }),
    );
    expect(results.indexOf(true)).toBe(35);
  });
});

describe('compacting a shard', () => {
  it('drops stale lines', async () => {
    for (let at = 0; at < 40; at++) addLine(path, at % 2 === 0 ? added('/a', at) : removed('/a', at));
    addLine(path, added('/b', 50));
    addLine(path, added('/a', 60));
    expect(await compactShard(path)).toMatchObject({ corrupt: 0 });
    expect(paths()).toEqual(['/a', '/b']);
    expect(readShard(path).count).toBe(2);
    expect(await names()).toEqual(['aa.jsonl']);
  });

  it('keeps the old file if it has corrupt lines', async () => {
    const old = `${formatLine(added('/a', 1))}nonsense\n`;
    await writeFile(path, old);
    const kept = `${path}.broken`;
    expect(await compactShard(path)).toEqual({ corrupt: 1, kept });
    expect(await readFile(kept, 'utf8')).toBe(old);
    expect(paths()).toEqual(['/a']);
    removeShard(path);
    expect(await names()).toEqual([]);
  });

  it('goes on after an interruption', async () => {
    await writeFile(`${path}.old`, formatLine(added('/a', 1)));
    addLine(path, added('/b', 2));
    expect(paths()).toEqual(['/b', '/a']);
    await compactShard(path);
    expect(paths()).toEqual(['/b', '/a']);
    expect(await names()).toEqual(['aa.jsonl']);
  });

  it('does nothing to a missing shard', async () => {
    expect(await compactShard(path)).toMatchObject({ corrupt: 0 });
    expect(await names()).toEqual([]);
  });
});

it('Errors name the file', () => {
  path = sandbox.path('home');
  expect(() => readShard(path)).toThrow(`Cannot read ${path}: it is a folder.`);
  expect(() => removeShard(path)).toThrow(`Cannot remove ${path}: `);
  path = sandbox.path('missing/aa.jsonl');
  expect(() => addLine(path, added('/a', 1))).toThrow(`Cannot write ${path}: file or folder not found.`);
});
