import { createHash } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { FileSystemError } from '../../src/errors.js';
import { openPartFile, type PartFile } from '../../src/transfer/part-file.js';
import { isSameFile, readPartRecord } from '../../src/transfer/part-record.js';
import { type Sandbox, sandbox } from '../harness/sandbox.js';

const identity = { key: 'civitai file 1', size: 10, sha256: 'ab' };
const validator = { origin: 'https://storage.example', entityTag: '"abc"' };

let box: Sandbox;
beforeEach(async () => {
  box = await sandbox('');
});

const openPart = (name = 'a.ckpt', given: typeof identity = identity) =>
  openPartFile(box.path('models', name), given);

/** A part file of an earlier run that was told to suspend. */
async function leave(text: string, name?: string): Promise<void> {
  const part = await openPart(name);
  await part.append([Buffer.from(text)]);
  part.validator = validator;
  await part.suspend();
}

async function contentOf(part: PartFile): Promise<string> {
  const pieces: Buffer[] = [];
  await part.read((piece) => pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces).toString();
}

const textOf = async (name: string) => (await box.read(`models/${name}`)).toString();

describe('a new part file', () => {
  it('is empty and lies beside its target, in a folder that is made', async () => {
    const part = await openPart('deep/folder/a.ckpt');
    expect(part.front).toBe(0);
    expect(part.validator).toBeUndefined();
    expect(await contentOf(part)).toBe('');
    expect(await box.tree()).toEqual(['deep/folder/a.ckpt.part']);
    await part.discard();
  });

  it('becomes the target when it is committed, and nothing else is left', async () => {
    const part = await openPart();
    await part.append([Buffer.from('01234'), Buffer.from('')]);
    await part.append([Buffer.from('56'), Buffer.from('789')]);
    expect(part.front).toBe(10);
    expect(await contentOf(part)).toBe('0123456789');
    await part.commit();
    expect(await box.tree()).toEqual(['a.ckpt']);
    expect(await textOf('a.ckpt')).toBe('0123456789');
  });

  it('takes the place of what was there', async () => {
    await box.write('models/a.ckpt', 'old');
    const part = await openPart();
    await part.append([Buffer.from('new')]);
    expect(await textOf('a.ckpt')).toBe('old');
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('new');
    expect(await box.tree()).toEqual(['a.ckpt']);
  });

  it('is gone when it is discarded', async () => {
    await box.write('models/a.ckpt', 'old');
    const part = await openPart();
    await part.append([Buffer.from('01234')]);
    await part.discard();
    expect(await box.tree()).toEqual(['a.ckpt']);
    expect(await textOf('a.ckpt')).toBe('old');
  });

  it('is gone when it is suspended without a byte', async () => {
    await (await openPart()).suspend();
    expect(await box.tree()).toEqual([]);
  });

  it('can be an empty file', async () => {
    await (await openPart()).commit();
    expect(await box.tree()).toEqual(['a.ckpt']);
  });

  it('is refused where the disk refuses', async () => {
    await box.write('models/folder', 'this is no folder');
    await expect(openPart('folder/a.ckpt')).rejects.toBeInstanceOf(FileSystemError);
  });
});

describe('a part file of an earlier run', () => {
  it('lies there with its record', async () => {
    await leave('01234');
    expect(await box.tree()).toEqual(['a.ckpt.part', 'a.ckpt.part.json']);
    expect(await readPartRecord(box.path('models/a.ckpt.part.json'))).toEqual({
      version: 1,
      identity,
      validator,
      done: [[0, 5]],
    });
  });

  it('is continued', async () => {
    await leave('01234');
    const part = await openPart();
    expect(part.front).toBe(5);
    expect(part.validator).toEqual(validator);
    expect(await contentOf(part)).toBe('01234');
    await part.append([Buffer.from('56789')]);
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('0123456789');
    expect(await box.tree()).toEqual(['a.ckpt']);
  });

  it('is continued after many runs', async () => {
    for (let run = 0; run < 3; run++) await leave(`${run}`);
    const part = await openPart();
    expect(await contentOf(part)).toBe('012');
    await part.discard();
    expect(await box.tree()).toEqual([]);
  });

  it('loses the bytes that its record does not vouch for', async () => {
    await leave('01234');
    await box.write('models/a.ckpt.part', '01234rubbish');
    const part = await openPart();
    expect(part.front).toBe(5);
    await part.append([Buffer.from('5')]);
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('012345');
  });

  const record = (given: object) =>
    JSON.stringify({ version: 1, identity, validator, done: [[0, 5]], ...given });
  it.each<readonly [what: string, spoil: () => Promise<unknown>]>([
    [
      'is of another file',
      () => box.write('models/a.ckpt.part.json', record({ identity: { ...identity, key: 'x' } })),
    ],
    [
      'is of another size',
      () => box.write('models/a.ckpt.part.json', record({ identity: { ...identity, size: 11 } })),
    ],
    [
      'is of another hash',
      () => box.write('models/a.ckpt.part.json', record({ identity: { ...identity, sha256: 'x' } })),
    ],
    ['is of another version', () => box.write('models/a.ckpt.part.json', record({ version: 2 }))],
    ['vouches for no beginning', () => box.write('models/a.ckpt.part.json', record({ done: [[1, 5]] }))],
    ['vouches for nothing', () => box.write('models/a.ckpt.part.json', record({ done: [] }))],
    ['vouches for more than there is', () => truncate(box.path('models/a.ckpt.part'), 4)],
    ['is half written', () => truncate(box.path('models/a.ckpt.part.json'), 30)],
    ['is empty', () => box.write('models/a.ckpt.part.json', '')],
    ['is no record', () => box.write('models/a.ckpt.part.json', '[1]')],
    [
      'has bytes that are no numbers',
      () => box.write('models/a.ckpt.part.json', record({ done: [['0', '5']] })),
    ],
  ])('starts again when its record %s', async (_what, spoil) => {
    await leave('01234');
    await spoil();
    const part = await openPart();
    expect(part.front).toBe(0);
    expect(part.validator).toBeUndefined();
    await part.append([Buffer.from('abc')]);
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('abc');
    expect(await box.tree()).toEqual(['a.ckpt']);
  });

  it('starts again when there is no record', async () => {
    await box.write('models/a.ckpt.part', '01234');
    const part = await openPart();
    expect(part.front).toBe(0);
    await part.suspend();
    expect(await box.tree()).toEqual([]);
  });

  it('starts again when only the record is there', async () => {
    await box.write('models/a.ckpt.part.json', record({}));
    const part = await openPart();
    expect(part.front).toBe(0);
    await part.discard();
    expect(await box.tree()).toEqual([]);
  });
});

describe('a part file that starts over', () => {
  it('forgets its bytes and its record at once', async () => {
    await leave('01234');
    const part = await openPart();
    await part.restart();
    expect(part.front).toBe(0);
    expect(part.validator).toBeUndefined();
    expect(await box.tree()).toEqual(['a.ckpt.part']);
    expect(await textOf('a.ckpt.part')).toBe('');
    await part.append([Buffer.from('abc')]);
    await part.suspend();
    const next = await openPart();
    expect(await contentOf(next)).toBe('abc');
    await next.discard();
  });
});

describe('a target with a long name', () => {
  const long = `${'x'.repeat(248)}.ckpt`;

  it('has a part file of a short one', async () => {
    await leave('01234', long);
    const names = await box.tree();
    expect(names).toHaveLength(2);
    const digest = createHash('sha256').update(long).digest('hex').slice(0, 16);
    expect(names).toEqual([`${digest}.part`, `${digest}.part.json`]);
    const part = await openPart(long);
    expect(await contentOf(part)).toBe('01234');
    await part.commit();
    expect(await box.tree()).toEqual([long]);
  });

  it('does not share it with another', async () => {
    await leave('01234', long);
    await leave('56789', `${'x'.repeat(248)}.ckpu`);
    expect(await box.tree()).toHaveLength(4);
  });

  it.each([245, 246, 250, 251])('of %i bytes is resumed and committed', async (bytes) => {
    const name = 'x'.repeat(bytes);
    await leave('01234', name);
    const part = await openPart(name);
    expect(part.front).toBe(5);
    await part.commit();
    expect(await box.tree()).toEqual([name]);
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
