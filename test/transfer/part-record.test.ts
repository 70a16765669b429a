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
import { sandbox as box, offlineTest as it } from '../harness/fixture.js';

const identity = { key: 'civitai file 1', size: 100, sha256: 'ab' };
const validator = { origin: 'https://storage.example', entityTag: '"abc"' };
const flushed: readonly ByteRange[] = [[0, 10]];
const written: readonly ByteRange[] = [
  [0, 20],
  [50, 60],
];

let path: string;
beforeEach(() => {
  path = box.path('record');
});

const write = () => writePartRecord(path, { identity, validator, flushed }, { boot: 'now', written });
const note = (...ranges: readonly ByteRange[]) => appendWritten(path, { boot: 'now', written: ranges });
const rangesFor = async (boot: string) => (await readPartRecord(path, boot))?.ranges;

describe('a record', () => {
  it('says which file it is of, and what of it is written', async () => {
    await write();
    expect(await readPartRecord(path, 'now')).toEqual({ identity, validator, ranges: written });
  });

  it('says what is flushed once the machine has been started anew', async () => {
    await write();
    await note([0, 90]);
    expect(await readPartRecord(path, 'later')).toEqual({ identity, validator, ranges: flushed });
  });

  it('knows no validator where there was none', async () => {
    await writePartRecord(path, { identity, validator: undefined, flushed }, { boot: 'now', written });
    expect(await readPartRecord(path, 'now')).toEqual({ identity, validator: undefined, ranges: written });
  });

  it('knows what was noted last', async () => {
    await write();
    await note([0, 30]);
    await note([0, 40]);
    expect(await rangesFor('now')).toEqual([[0, 40]]);
  });

  it('is not misled by notes of an earlier start', async () => {
    await write();
    await appendWritten(path, { boot: 'later', written: [[0, 15]] });
    expect(await rangesFor('later')).toEqual([[0, 15]]);
    expect(await rangesFor('now')).toEqual(flushed);
  });

  it('is as good as what of it was written, wherever it was cut off', async () => {
    await write();
    const whole = (await readFile(path, 'utf8')).length;
    await note([0, 30]);
    await note([0, 40]);
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

  it('goes on behind a note that was cut off', async () => {
    await write();
    await appendFile(path, '{"boot":"now","wri');
    await note([0, 30]);
    await note([0, 40]);
    expect(await rangesFor('now')).toEqual([[0, 40]]);
  });

  it.each<readonly [what: string, text: string]>([
    ['is empty', ''],
    ['is no JSON', 'x'],
    ['is no object', '[1]'],
    ['is of another version', JSON.stringify({ version: 1, identity, flushed })],
    ['has no identity', JSON.stringify({ version: 2, flushed })],
    ['has no ranges', JSON.stringify({ version: 2, identity })],
    ['has ranges of text', JSON.stringify({ version: 2, identity, flushed: [['0', '5']] })],
    ['has ranges of fractions', JSON.stringify({ version: 2, identity, flushed: [[0.5, 5]] })],
    ['has ranges before the beginning', JSON.stringify({ version: 2, identity, flushed: [[-5, 5]] })],
    ['has ranges of three numbers', JSON.stringify({ version: 2, identity, flushed: [[0, 5, 9]] })],
    ['has no first line', `\n${JSON.stringify({ version: 2, identity, flushed })}\n`],
  ])('that %s counts for nothing', async (_what, text) => {
    await appendFile(path, text);
    expect(await readPartRecord(path, 'now')).toBeUndefined();
  });

  it('that is not there counts for nothing', async () => {
    expect(await readPartRecord(path, 'now')).toBeUndefined();
  });

  it('that can not be written is told as such', async () => {
    await appendFile(path, '');
    await expect(
      writePartRecord(`${path}/below`, { identity, validator, flushed }, { boot: 'now', written }),
    ).rejects.toBeInstanceOf(FileSystemError);
  });
});

describe('bytes of a file', () => {
  it.each([
    ['the same', identity, true],
    ['of another key', { ...identity, key: 'x' }, false],
    ['of another size', { ...identity, size: 1 }, false],
    ['of an unknown size', { key: identity.key, sha256: identity.sha256 }, false],
    ['of another hash', { ...identity, sha256: 'x' }, false],
  ])('are continued as those of one that is %s: only if it is the same', (_what, other, isSame) => {
    expect(isSameFile(identity, other)).toBe(isSame);
  });
});
