import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { FileSystemError } from '../../src/errors.js';
import type { ByteRange } from '../../src/transfer/byte-ranges.js';
import {
  appendWritten,
  isSameFile,
  readPartRecord,
  writePartRecord,
} from '../../src/transfer/part-record.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

const identity = { key: 'civitai file 1', size: 100, sha256: 'ab' };
const validator = { origin: 'https://storage.example', entityTag: '"abc"' };
const flushed: readonly ByteRange[] = [[0, 10]];
const written: readonly ByteRange[] = [
  [0, 20],
  [50, 60],
];

let path: string;
beforeEach(() => {
  path = sandbox.path('record');
});

const write = () => writePartRecord(path, { identity, validator, flushed }, { boot: 'now', written });
const append = (...ranges: readonly ByteRange[]) => appendWritten(path, { boot: 'now', written: ranges });
const rangesFor = async (boot: string) => readPartRecord(path, boot)?.ranges;

describe('a record', () => {
  it('has the identity, the validator and the written ranges', async () => {
    await write();
    expect(readPartRecord(path, 'now')).toEqual({ identity, validator, ranges: written });
  });

  it('has only the flushed ranges after another boot', async () => {
    await write();
    await append([0, 90]);
    expect(readPartRecord(path, 'later')).toEqual({ identity, validator, ranges: flushed });
  });

  it('has the size that the host said', async () => {
    await writePartRecord(path, { identity, validator, total: 101, flushed }, { boot: 'now', written });
    expect(readPartRecord(path, 'now')).toEqual({ identity, validator, total: 101, ranges: written });
  });

  it('may lack a validator', async () => {
    await writePartRecord(path, { identity, validator: undefined, flushed }, { boot: 'now', written });
    expect(readPartRecord(path, 'now')).toEqual({ identity, validator: undefined, ranges: written });
  });

  it('has the ranges of the last journal entry', async () => {
    await write();
    await append([0, 30]);
    await append([0, 40]);
    expect(await rangesFor('now')).toEqual([[0, 40]]);
  });

  it('ignores journal entries of an earlier boot', async () => {
    await write();
    await appendWritten(path, { boot: 'later', written: [[0, 15]] });
    expect(await rangesFor('later')).toEqual([[0, 15]]);
    expect(await rangesFor('now')).toEqual(flushed);
  });

  it('has the ranges of its last complete line, wherever it was cut off', async () => {
    await write();
    const whole = (await readFile(path, 'utf8')).length;
    await append([0, 30]);
    await append([0, 40]);
    const text = await readFile(path, 'utf8');
    const head = text.indexOf('\n');
    const first = text.indexOf('\n', whole);
    for (let length = head - 2; length <= text.length; length++) {
      await writeFile(path, text.slice(0, length));
      const now = await rangesFor('now');
      if (length < head) expect(now).toBeUndefined();
      else if (length < whole - 1) expect(now).toEqual(flushed);
      else if (length < first) expect(now).toEqual(written);
      else if (length < text.length - 1) expect(now).toEqual([[0, 30]]);
      else expect(now).toEqual([[0, 40]]);
      if (length >= head) expect(await rangesFor('later')).toEqual(flushed);
    }
  });

  it('continues after a journal entry that was cut off', async () => {
    await write();
    await appendFile(path, '{"boot":"now","wri');
    await append([0, 30]);
    await append([0, 40]);
    expect(await rangesFor('now')).toEqual([[0, 40]]);
  });

  it.each<readonly [name: string, text: string]>([
    ['is empty', ''],
    ['is not JSON', 'x'],
    ['is not an object', '[1]'],
    ['has another version', JSON.stringify({ version: 1, identity, flushed })],
    ['has no identity', JSON.stringify({ version: 2, flushed })],
    ['has no ranges', JSON.stringify({ version: 2, identity })],
    ['has ranges of text', JSON.stringify({ version: 2, identity, flushed: [['0', '5']] })],
    ['has ranges of fractions', JSON.stringify({ version: 2, identity, flushed: [[0.5, 5]] })],
    ['has negative ranges', JSON.stringify({ version: 2, identity, flushed: [[-5, 5]] })],
    ['has ranges of three numbers', JSON.stringify({ version: 2, identity, flushed: [[0, 5, 9]] })],
    ['has no first line', `\n${JSON.stringify({ version: 2, identity, flushed })}\n`],
  ])('is ignored if it %s', async (_name, text) => {
    await appendFile(path, text);
    expect(readPartRecord(path, 'now')).toBeUndefined();
  });

  it('is ignored if it is missing', async () => {
    expect(readPartRecord(path, 'now')).toBeUndefined();
  });

  it('reports write errors', async () => {
    await appendFile(path, '');
    await expect(
      writePartRecord(`${path}/below`, { identity, validator, flushed }, { boot: 'now', written }),
    ).rejects.toBeInstanceOf(FileSystemError);
  });
});

describe('isSameFile', () => {
  it.each([
    ['the same file', identity, true],
    ['another key', { ...identity, key: 'x' }, false],
    ['another size, which the hash outweighs', { ...identity, size: 1 }, true],
    ['an unknown size, which the hash outweighs', { key: identity.key, sha256: identity.sha256 }, true],
    ['another hash', { ...identity, sha256: 'x' }, false],
    ['no hash any more', { key: identity.key, size: identity.size }, false],
  ])('for %s', (_name, other, isSame) => {
    expect(isSameFile(identity, other)).toBe(isSame);
  });

  const unscanned = { key: identity.key, size: identity.size };
  it.each([
    ['the same size', unscanned, true],
    ['another size', { ...unscanned, size: 1 }, false],
    ['an unknown size', { key: unscanned.key }, false],
    ['a hash that was published since', identity, true],
    ['a hash that was published since, and another size', { ...identity, size: 1 }, true],
    ['another key', { ...unscanned, key: 'x' }, false],
  ])('without a hash, for %s', (_name, other, isSame) => {
    expect(isSameFile(unscanned, other)).toBe(isSame);
  });
});
