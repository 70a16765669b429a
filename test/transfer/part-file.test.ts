import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, truncate } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { type DiskFile, openFile } from '../../src/disk/open-file.js';
import { FileSystemError } from '../../src/errors.js';
import { openPartFile, type PartFile, type PartFileSystem } from '../../src/transfer/part-file.js';
import type { FileIdentity } from '../../src/transfer/part-record.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

const identity = { key: 'civitai file 1', size: 10, sha256: 'ab' };
const validator = { origin: 'https://storage.example', entityTag: '"abc"' };
let boot: string;
let files: DiskFile[];
beforeEach(() => {
  boot = 'first';
  files = [];
});
/** A killed run leaves its files open. */
afterEach(() => {
  for (const file of files) file.close();
});

const system: PartFileSystem = {
  open: (path, flags) => {
    const file = openFile(path, flags);
    files.push(file);
    return file;
  },
  bootId: () => boot,
};
const openPart = (name = 'a.ckpt', given: FileIdentity = identity, fileSystem = system) =>
  openPartFile(sandbox.path('models', name), given, fileSystem);

const put = (part: PartFile, text: string, position = 0) => part.write(Buffer.from(text), position);
const textOf = async (name: string) => (await sandbox.read(`models/${name}`)).toString();
const partText = () => textOf('a.ckpt.part');
const recordLines = async () => (await textOf('a.ckpt.part.json')).trimEnd().split('\n');

/** Leaves the part file of an earlier run that was suspended. */
async function leave(text: string, name?: string, given?: FileIdentity): Promise<void> {
  const part = await openPart(name, given);
  await put(part, text, part.done.end);
  part.validator = validator;
  await part.suspend();
}

/** Opens the part file as the next run does. */
async function trusted(name?: string, given?: FileIdentity) {
  const part = await openPart(name, given);
  const { ranges } = part.done;
  return { ranges, validator: part.validator, discardedOther: part.discardedOther, part };
}

describe('a new part file', () => {
  it('is empty, next to its target in a new folder', async () => {
    const part = await openPart('deep/folder/a.ckpt');
    expect([part.done.ranges, part.validator, part.discardedOther]).toEqual([[], undefined, false]);
    expect(await sandbox.tree()).toEqual(['deep/folder/a.ckpt.part']);
    await part.discard();
  });

  it('becomes the target at the commit', async () => {
    const part = await openPart();
    await put(part, '6789', 6);
    await put(part, '01');
    expect(part.done.ranges).toEqual([
      [0, 2],
      [6, 10],
    ]);
    await part.checkpoint();
    await put(part, '2345', 2);
    await part.journal();
    await part.commit();
    expect(await sandbox.tree()).toEqual(['a.ckpt']);
    expect(await textOf('a.ckpt')).toBe('0123456789');
  });

  it('replaces the target at the commit', async () => {
    await sandbox.write('models/a.ckpt', 'old');
    const part = await openPart();
    await put(part, 'new');
    expect(await textOf('a.ckpt')).toBe('old');
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('new');
    expect(await sandbox.tree()).toEqual(['a.ckpt']);
  });

  it('is removed when discarded', async () => {
    await sandbox.write('models/a.ckpt', 'old');
    const part = await openPart();
    await put(part, '01234');
    await part.checkpoint();
    await part.discard();
    expect(await sandbox.tree()).toEqual(['a.ckpt']);
    expect(await textOf('a.ckpt')).toBe('old');
  });

  it('is removed when suspended without a byte', async () => {
    await (await openPart()).suspend();
    expect(await sandbox.tree()).toEqual([]);
  });

  it('may be committed empty', async () => {
    await (await openPart()).commit();
    expect(await sandbox.tree()).toEqual(['a.ckpt']);
  });

  it('reports file system errors', async () => {
    await sandbox.write('models/folder', 'a file instead of a folder');
    await expect(openPart('folder/a.ckpt')).rejects.toBeInstanceOf(FileSystemError);
  });

  it('can be resumed after a failed commit', async () => {
    await mkdir(sandbox.path('models/a.ckpt/full'), { recursive: true });
    const part = await openPart();
    await put(part, '01234');
    await part.journal();
    await expect(part.commit()).rejects.toMatchObject({ message: expect.stringContaining('Cannot create') });
    await part.suspend();
    expect((await trusted()).ranges).toEqual([[0, 5]]);
  });
});

describe('the record', () => {
  it('gets a journal entry only for new bytes', async () => {
    const part = await openPart();
    await part.journal();
    expect(await sandbox.tree()).toEqual(['a.ckpt.part']);
    await put(part, '01');
    await part.journal();
    await part.journal();
    expect(await recordLines()).toHaveLength(2);
    await put(part, '45', 4);
    await part.journal();
    await part.journal();
    const lines = await recordLines();
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[2] ?? '')).toEqual({
      boot,
      written: [
        [0, 2],
        [4, 6],
      ],
    });
    await part.discard();
  });

  it('is replaced by a checkpoint', async () => {
    const part = await openPart();
    await put(part, '01');
    await part.journal();
    await put(part, '2', 2);
    await part.checkpoint();
    const [head, tail] = (await recordLines()).map((line) => JSON.parse(line));
    expect(head).toEqual({ version: 2, identity, flushed: [[0, 3]] });
    expect(tail).toEqual({ boot, written: [[0, 3]] });
    await part.discard();
  });

  it('has the last journal entry of a killed run, until the next boot', async () => {
    const killed = await openPart();
    await put(killed, '01');
    await killed.checkpoint();
    await put(killed, '45', 4);
    await killed.journal();
    await put(killed, '78', 7);
    const next = await trusted();
    expect(next.ranges).toEqual([
      [0, 2],
      [4, 6],
    ]);
    boot = 'second';
    expect((await trusted()).ranges).toEqual([[0, 2]]);
  });

  it('has no range after the next boot if nothing was flushed', async () => {
    const killed = await openPart();
    await put(killed, '0123');
    await killed.journal();
    boot = 'second';
    const next = await trusted();
    expect([next.ranges, next.discardedOther]).toEqual([[], false]);
    expect(await partText()).toBe('');
  });
});

describe('a part file of an earlier run', () => {
  it('has a record', async () => {
    await leave('01234');
    expect(await sandbox.tree()).toEqual(['a.ckpt.part', 'a.ckpt.part.json']);
    const [head, tail] = (await recordLines()).map((line) => JSON.parse(line));
    expect(head).toEqual({ version: 2, identity, validator, flushed: [[0, 5]] });
    expect(tail).toEqual({ boot, written: [[0, 5]] });
  });

  it.each(['first', 'second'])('is resumed during the %s boot', async (now) => {
    await leave('01234');
    boot = now;
    const { part, ...found } = await trusted();
    expect(found).toEqual({ ranges: [[0, 5]], validator, discardedOther: false });
    await put(part, '56789', 5);
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('0123456789');
    expect(await sandbox.tree()).toEqual(['a.ckpt']);
  });

  it('is resumed with its gaps', async () => {
    const first = await openPart();
    await put(first, '01');
    await put(first, '678', 6);
    await first.suspend();
    const { part, ranges } = await trusted();
    expect(ranges).toEqual([
      [0, 2],
      [6, 9],
    ]);
    await put(part, '2345', 2);
    await put(part, '9', 9);
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('0123456789');
  });

  it('is resumed by several runs', async () => {
    for (let run = 0; run < 3; run++) await leave(`${run}`);
    expect((await trusted()).ranges).toEqual([[0, 3]]);
    expect(await partText()).toBe('012');
  });

  it('loses bytes past its last recorded range', async () => {
    await leave('01234');
    await sandbox.write('models/a.ckpt.part', '01234garbage');
    const { part } = await trusted();
    expect(part.done.prefixEnd).toBe(5);
    await put(part, '5', 5);
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('012345');
  });

  it.each<readonly [name: string, other: FileIdentity]>([
    ['another size', { ...identity, size: 11 }],
    ['an unknown size', { key: identity.key, sha256: identity.sha256 }],
  ])('of %s is kept if it has the same hash', async (_name, other) => {
    await leave('01234');
    expect(await trusted('a.ckpt', other)).toMatchObject({ ranges: [[0, 5]], discardedOther: false });
  });

  it('knows the size that the host said', async () => {
    const part = await openPart();
    await put(part, '01234');
    part.total = 7;
    await part.suspend();
    const resumed = await openPart();
    expect(resumed.total).toBe(7);
    await resumed.reset();
    expect(resumed.total).toBeUndefined();
  });

  const unscanned = { key: identity.key, size: identity.size };
  it.each<readonly [name: string, other: FileIdentity, before: FileIdentity]>([
    ['another file', { ...identity, key: 'x' }, identity],
    ['another hash', { ...identity, sha256: 'x' }, identity],
    ['another size without a hash', { ...unscanned, size: 11 }, unscanned],
    ['an unknown size without a hash', { key: identity.key }, unscanned],
    ['a file whose hash is not known any more', unscanned, identity],
  ])('of %s is discarded', async (_name, other, before) => {
    await leave('01234', 'a.ckpt', before);
    const { part, ...found } = await trusted('a.ckpt', other);
    expect(found).toEqual({ ranges: [], validator: undefined, discardedOther: true });
    await put(part, 'abc');
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('abc');
    expect(await sandbox.tree()).toEqual(['a.ckpt']);
  });

  it('is not confused with later bytes of another file', async () => {
    await leave('01234');
    const { part } = await trusted('a.ckpt', { ...identity, key: 'x' });
    await put(part, 'abcdefgh');
    // The run is killed, and the next one wants the first file again.
    expect((await trusted()).ranges).toEqual([]);
  });

  const record = (given: object) =>
    `${JSON.stringify({ version: 2, identity, validator, flushed: [[0, 5]], ...given })}\n`;
  const spoilRecord = (text: string) => sandbox.write('models/a.ckpt.part.json', text);
  it.each<readonly [name: string, spoil: () => Promise<unknown>]>([
    ['has another version', () => spoilRecord(record({ version: 1 }))],
    ['has no ranges', () => spoilRecord(record({ flushed: [] }))],
    ['has ranges past the end of the file', () => truncate(sandbox.path('models/a.ckpt.part'), 4)],
    ['was cut off', () => truncate(sandbox.path('models/a.ckpt.part.json'), 30)],
    ['is empty', () => spoilRecord('')],
    ['is not a record', () => spoilRecord('[1]')],
    ['has ranges of text', () => spoilRecord(record({ flushed: [['0', '5']] }))],
  ])('starts from zero if its record %s', async (_name, spoil) => {
    await leave('01234');
    await spoil();
    const { part, ...found } = await trusted();
    expect(found).toEqual({ ranges: [], validator: undefined, discardedOther: false });
    await put(part, 'abc');
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('abc');
    expect(await sandbox.tree()).toEqual(['a.ckpt']);
  });

  it('starts from zero without a record', async () => {
    await sandbox.write('models/a.ckpt.part', '01234');
    const { part, ranges } = await trusted();
    expect(ranges).toEqual([]);
    await part.suspend();
    expect(await sandbox.tree()).toEqual([]);
  });

  it('starts from zero if only the record exists', async () => {
    await spoilRecord(record({}));
    const { part, ranges } = await trusted();
    expect(ranges).toEqual([]);
    // A killed run may have written far from the beginning: the old record must not cover the gap.
    await put(part, '56789', 5);
    expect((await trusted()).ranges).toEqual([]);
  });
});

describe('a part file after a reset', () => {
  it('has no bytes and no record', async () => {
    await leave('01234');
    const { part } = await trusted();
    await part.reset();
    expect([part.done.ranges, part.validator]).toEqual([[], undefined]);
    expect(await sandbox.tree()).toEqual(['a.ckpt.part']);
    expect(await partText()).toBe('');
    await put(part, 'abc');
    await part.suspend();
    expect((await trusted()).ranges).toEqual([[0, 3]]);
    expect(await partText()).toBe('abc');
  });

  it('does not record earlier checkpoints', async () => {
    const part = await openPart();
    await put(part, '01234');
    const flushing = part.checkpoint();
    await Promise.all([flushing, part.reset()]);
    await put(part, '9', 9);
    await part.journal();
    boot = 'second';
    expect((await trusted()).ranges).toEqual([]);
  });
});

describe('a full disk', () => {
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 });

  /** A file system that becomes full when the test calls `fill`. */
  function fillableSystem() {
    let isFull = false;
    const reject = async () => {
      throw full;
    };
    const fullSystem: PartFileSystem = {
      ...system,
      open: (path, flags) => {
        const file = system.open(path, flags);
        return new Proxy(file, {
          get: (target, name) => {
            if (isFull && (name === 'write' || name === 'datasync' || name === 'sync')) return reject;
            const value = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      },
    };
    return {
      fullSystem,
      fill: () => {
        isFull = true;
      },
    };
  }

  it('is reported', async () => {
    const { fullSystem, fill } = fillableSystem();
    const part = await openPart('a.ckpt', identity, fullSystem);
    await put(part, '01');
    fill();
    for (const step of [put(part, '2', 2), part.checkpoint(), part.commit()])
      await expect(step).rejects.toMatchObject({
        code: 'no-space',
        message: expect.stringContaining(part.path),
      });
    expect(part.done.ranges).toEqual([[0, 2]]);
    await part.discard();
  });

  it('removes a part file without a record', async () => {
    const { fullSystem, fill } = fillableSystem();
    const part = await openPart('a.ckpt', identity, fullSystem);
    await put(part, '01');
    fill();
    await part.suspend();
    expect(await sandbox.tree()).toEqual([]);
  });

  it.each(['journal', 'checkpoint'] as const)('keeps the ranges of an earlier %s', async (step) => {
    const { fullSystem, fill } = fillableSystem();
    const part = await openPart('a.ckpt', identity, fullSystem);
    await put(part, '01');
    await part[step]();
    await put(part, '2', 2);
    fill();
    await part.suspend();
    expect(await sandbox.tree()).toEqual(['a.ckpt.part', 'a.ckpt.part.json']);
    expect((await trusted()).ranges).toEqual([[0, 2]]);
  });

  it('keeps the record of an earlier run', async () => {
    await leave('01');
    const { fullSystem, fill } = fillableSystem();
    const part = await openPart('a.ckpt', identity, fullSystem);
    await put(part, '2', 2);
    fill();
    await part.suspend();
    expect((await trusted()).ranges).toEqual([[0, 2]]);
  });

  it('does not prevent the commit of a complete file', async () => {
    const part = await openPart();
    await put(part, '0123456789');
    await mkdir(sandbox.path('models/a.ckpt.part.json/full'), { recursive: true });
    await expect(part.journal()).rejects.toBeInstanceOf(FileSystemError);
    await part.commit().catch(() => {});
    expect(await textOf('a.ckpt')).toBe('0123456789');
  });
});

describe('a target with a long name', () => {
  const long = `${'x'.repeat(248)}.ckpt`;

  it('has a part file with a short name', async () => {
    await leave('01234', long);
    const digest = createHash('sha256').update(long).digest('hex').slice(0, 16);
    expect(await sandbox.tree()).toEqual([`${digest}.part`, `${digest}.part.json`]);
    const { part, ranges } = await trusted(long);
    expect(ranges).toEqual([[0, 5]]);
    await part.commit();
    expect(await sandbox.tree()).toEqual([long]);
  });

  it('does not share its part file', async () => {
    await leave('01234', long);
    await leave('56789', `${'x'.repeat(248)}.ckpu`);
    expect(await sandbox.tree()).toHaveLength(4);
  });

  it.each([245, 246, 250, 251, 255])('of %i bytes is resumed and committed', async (bytes) => {
    const name = 'x'.repeat(bytes);
    await leave('01234', name);
    const { part, ranges } = await trusted(name);
    expect(ranges).toEqual([[0, 5]]);
    await part.commit();
    expect(await sandbox.tree()).toEqual([name]);
  });
});

describe('a part file that a user removed', () => {
  it('leaves no record in a folder that was created again', async () => {
    const part = await openPart('gone/a.ckpt');
    await put(part, '01234');
    await rm(sandbox.path('models'), { recursive: true });
    await mkdir(sandbox.path('models/gone'), { recursive: true });
    await part.suspend();
    expect(await sandbox.tree()).toEqual([]);
  });

  it('is an error if its folder is missing, too', async () => {
    const part = await openPart('gone/a.ckpt');
    await put(part, '01234');
    await rm(sandbox.path('models'), { recursive: true });
    await expect(part.journal()).rejects.toMatchObject({ code: 'file-system' });
    await part.suspend();
    expect(await readdir(sandbox.dir)).not.toContain('models');
  });
});
