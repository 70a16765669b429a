import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, truncate } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DiskFile, openFile } from '../../src/disk/open-file.js';
import { FileSystemError } from '../../src/errors.js';
import { openPartFile, type PartFile, type PartFileSystem } from '../../src/transfer/part-file.js';
import type { FileIdentity } from '../../src/transfer/part-record.js';
import { removeStale } from '../../src/transfer/target-lock.js';
import { type Sandbox, sandbox } from '../harness/sandbox.js';

const identity = { key: 'civitai file 1', size: 10, sha256: 'ab' };
const validator = { origin: 'https://storage.example', entityTag: '"abc"' };

let box: Sandbox;
/** The current start of the machine. */
let boot: string;
let files: DiskFile[];
beforeEach(async () => {
  box = await sandbox('');
  boot = 'first';
  files = [];
});
/** A run that ends without a word leaves its files to the system to close. */
afterEach(() => {
  for (const file of files) file.close();
});

const deps: PartFileSystem = {
  open: (path, flags) => {
    const file = openFile(path, flags);
    files.push(file);
    return file;
  },
  bootId: () => boot,
};
const openPart = (name = 'a.ckpt', given: FileIdentity = identity, machine = deps) =>
  openPartFile(box.path('models', name), given, machine);

const put = (part: PartFile, text: string, position = 0) => part.write(Buffer.from(text), position);
const textOf = async (name: string) => (await box.read(`models/${name}`)).toString();
const partText = () => textOf('a.ckpt.part');
const recordLines = async () => (await textOf('a.ckpt.part.json')).trimEnd().split('\n');

/** A part file of an earlier run that was told to suspend. */
async function leave(text: string, name?: string): Promise<void> {
  const part = await openPart(name);
  await put(part, text, part.done.end);
  part.validator = validator;
  await part.suspend();
}

/** What a run that starts now relies on. */
async function trusted(name?: string, given?: FileIdentity) {
  const part = await openPart(name, given);
  const { ranges } = part.done;
  return { ranges, validator: part.validator, hasDropped: part.discardedOther, part };
}

describe('a new part file', () => {
  it('is empty and lies beside its target, in a folder that is made', async () => {
    const part = await openPart('deep/folder/a.ckpt');
    expect([part.done.ranges, part.validator, part.discardedOther]).toEqual([[], undefined, false]);
    expect(await box.tree()).toEqual(['deep/folder/a.ckpt.part']);
    await part.discard();
  });

  it('becomes the target when it is committed, and nothing else is left', async () => {
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
    expect(await box.tree()).toEqual(['a.ckpt']);
    expect(await textOf('a.ckpt')).toBe('0123456789');
  });

  it('takes the place of what was there', async () => {
    await box.write('models/a.ckpt', 'old');
    const part = await openPart();
    await put(part, 'new');
    expect(await textOf('a.ckpt')).toBe('old');
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('new');
    expect(await box.tree()).toEqual(['a.ckpt']);
  });

  it('is gone when it is discarded', async () => {
    await box.write('models/a.ckpt', 'old');
    const part = await openPart();
    await put(part, '01234');
    await part.checkpoint();
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

  it('that can not get its name is told as such, and can be continued', async () => {
    await mkdir(box.path('models/a.ckpt/full'), { recursive: true });
    const part = await openPart();
    await put(part, '01234');
    await part.journal();
    await expect(part.commit()).rejects.toMatchObject({ message: expect.stringContaining('Cannot create') });
    await part.suspend();
    expect((await trusted()).ranges).toEqual([[0, 5]]);
  });
});

describe('what is written', () => {
  it('is noted only where something has come since', async () => {
    const part = await openPart();
    await part.journal();
    expect(await box.tree()).toEqual(['a.ckpt.part']);
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

  it('is flushed before the record says so, and the record starts anew', async () => {
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

  it('by a run that was killed is continued from its last note, until the machine is started anew', async () => {
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

  it('and never flushed counts for nothing once the machine has been started anew', async () => {
    const killed = await openPart();
    await put(killed, '0123');
    await killed.journal();
    boot = 'second';
    const next = await trusted();
    expect([next.ranges, next.hasDropped]).toEqual([[], false]);
    expect(await partText()).toBe('');
  });
});

describe('a part file of an earlier run', () => {
  it('lies there with its record', async () => {
    await leave('01234');
    expect(await box.tree()).toEqual(['a.ckpt.part', 'a.ckpt.part.json']);
    const [head, tail] = (await recordLines()).map((line) => JSON.parse(line));
    expect(head).toEqual({ version: 2, identity, validator, flushed: [[0, 5]] });
    expect(tail).toEqual({ boot, written: [[0, 5]] });
  });

  it.each(['first', 'second'])('is continued during the %s start of the machine', async (now) => {
    await leave('01234');
    boot = now;
    const { part, ...found } = await trusted();
    expect(found).toEqual({ ranges: [[0, 5]], validator, hasDropped: false });
    await put(part, '56789', 5);
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('0123456789');
    expect(await box.tree()).toEqual(['a.ckpt']);
  });

  it('is continued with its gaps', async () => {
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

  it('is continued after many runs', async () => {
    for (let run = 0; run < 3; run++) await leave(`${run}`);
    expect((await trusted()).ranges).toEqual([[0, 3]]);
    expect(await partText()).toBe('012');
  });

  it('loses the bytes that its record does not vouch for', async () => {
    await leave('01234');
    await box.write('models/a.ckpt.part', '01234rubbish');
    const { part } = await trusted();
    expect(part.done.prefixEnd).toBe(5);
    await put(part, '5', 5);
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('012345');
  });

  it.each<readonly [what: string, other: FileIdentity]>([
    ['another file', { ...identity, key: 'x' }],
    ['another size', { ...identity, size: 11 }],
    ['an unknown size', { key: identity.key, sha256: identity.sha256 }],
    ['another hash', { ...identity, sha256: 'x' }],
  ])('of %s is dropped, and says so', async (_what, other) => {
    await leave('01234');
    const { part, ...found } = await trusted('a.ckpt', other);
    expect(found).toEqual({ ranges: [], validator: undefined, hasDropped: true });
    await put(part, 'abc');
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('abc');
    expect(await box.tree()).toEqual(['a.ckpt']);
  });

  it('that was dropped is not taken for what came after it', async () => {
    await leave('01234');
    const { part } = await trusted('a.ckpt', { ...identity, key: 'x' });
    await put(part, 'abcdefgh');
    // The run ends without a word, and the file that was asked for first is asked for again.
    expect((await trusted()).ranges).toEqual([]);
  });

  const record = (given: object) =>
    `${JSON.stringify({ version: 2, identity, validator, flushed: [[0, 5]], ...given })}\n`;
  const spoilRecord = (text: string) => box.write('models/a.ckpt.part.json', text);
  it.each<readonly [what: string, spoil: () => Promise<unknown>]>([
    ['is of another version', () => spoilRecord(record({ version: 1 }))],
    ['vouches for nothing', () => spoilRecord(record({ flushed: [] }))],
    ['vouches for more than there is', () => truncate(box.path('models/a.ckpt.part'), 4)],
    ['is half written', () => truncate(box.path('models/a.ckpt.part.json'), 30)],
    ['is empty', () => spoilRecord('')],
    ['is no record', () => spoilRecord('[1]')],
    ['has bytes that are no numbers', () => spoilRecord(record({ flushed: [['0', '5']] }))],
  ])('starts again when its record %s', async (_what, spoil) => {
    await leave('01234');
    await spoil();
    const { part, ...found } = await trusted();
    expect(found).toEqual({ ranges: [], validator: undefined, hasDropped: false });
    await put(part, 'abc');
    await part.commit();
    expect(await textOf('a.ckpt')).toBe('abc');
    expect(await box.tree()).toEqual(['a.ckpt']);
  });

  it('starts again when there is no record', async () => {
    await box.write('models/a.ckpt.part', '01234');
    const { part, ranges } = await trusted();
    expect(ranges).toEqual([]);
    await part.suspend();
    expect(await box.tree()).toEqual([]);
  });

  it('starts again when only the record is there, which then counts for nothing more', async () => {
    await spoilRecord(record({}));
    const { part, ranges } = await trusted();
    expect(ranges).toEqual([]);
    // Several connections may write far behind a beginning that is not there yet when the run ends without a word.
    await put(part, '56789', 5);
    expect((await trusted()).ranges).toEqual([]);
  });
});

describe('a part file that starts over', () => {
  it('forgets its bytes and its record at once', async () => {
    await leave('01234');
    const { part } = await trusted();
    await part.reset();
    expect([part.done.ranges, part.validator]).toEqual([[], undefined]);
    expect(await box.tree()).toEqual(['a.ckpt.part']);
    expect(await partText()).toBe('');
    await put(part, 'abc');
    await part.suspend();
    expect((await trusted()).ranges).toEqual([[0, 3]]);
    expect(await partText()).toBe('abc');
  });

  it('is not told of bytes that were flushed before', async () => {
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

describe('a disk that takes no more', () => {
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 });

  /** A machine whose disk takes nothing any more once it is told so. */
  function fillingMachine() {
    let isFull = false;
    const refuse = async () => {
      throw full;
    };
    const machine: PartFileSystem = {
      ...deps,
      open: (path, flags) => {
        const file = deps.open(path, flags);
        return new Proxy(file, {
          get: (target, name) => {
            if (isFull && (name === 'write' || name === 'datasync' || name === 'sync')) return refuse;
            const value = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      },
    };
    return {
      machine,
      fill: () => {
        isFull = true;
      },
    };
  }

  it('is told as such', async () => {
    const { machine, fill } = fillingMachine();
    const part = await openPart('a.ckpt', identity, machine);
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

  it('leaves nothing of a file of which nothing was recorded', async () => {
    const { machine, fill } = fillingMachine();
    const part = await openPart('a.ckpt', identity, machine);
    await put(part, '01');
    fill();
    await part.suspend();
    expect(await box.tree()).toEqual([]);
  });

  it.each(['journal', 'checkpoint'] as const)('leaves what an earlier %s says', async (step) => {
    const { machine, fill } = fillingMachine();
    const part = await openPart('a.ckpt', identity, machine);
    await put(part, '01');
    await part[step]();
    await put(part, '2', 2);
    fill();
    await part.suspend();
    expect(await box.tree()).toEqual(['a.ckpt.part', 'a.ckpt.part.json']);
    expect((await trusted()).ranges).toEqual([[0, 2]]);
  });

  it('leaves what the run before it had recorded', async () => {
    await leave('01');
    const { machine, fill } = fillingMachine();
    const part = await openPart('a.ckpt', identity, machine);
    await put(part, '2', 2);
    fill();
    await part.suspend();
    expect((await trusted()).ranges).toEqual([[0, 2]]);
  });

  it('for the record does not keep a whole file from its name', async () => {
    const part = await openPart();
    await put(part, '0123456789');
    await mkdir(box.path('models/a.ckpt.part.json/full'), { recursive: true });
    await expect(part.journal()).rejects.toBeInstanceOf(FileSystemError);
    await part.commit().catch(() => {});
    expect(await textOf('a.ckpt')).toBe('0123456789');
  });
});

describe('a target with a long name', () => {
  const long = `${'x'.repeat(248)}.ckpt`;

  it('has a part file of a short one', async () => {
    await leave('01234', long);
    const digest = createHash('sha256').update(long).digest('hex').slice(0, 16);
    expect(await box.tree()).toEqual([`${digest}.part`, `${digest}.part.json`]);
    const { part, ranges } = await trusted(long);
    expect(ranges).toEqual([[0, 5]]);
    await part.commit();
    expect(await box.tree()).toEqual([long]);
  });

  it('does not share it with another', async () => {
    await leave('01234', long);
    await leave('56789', `${'x'.repeat(248)}.ckpu`);
    expect(await box.tree()).toHaveLength(4);
  });

  it.each([245, 246, 250, 251, 255])('of %i bytes is resumed and committed', async (bytes) => {
    const name = 'x'.repeat(bytes);
    await leave('01234', name);
    const { part, ranges } = await trusted(name);
    expect(ranges).toEqual([[0, 5]]);
    await part.commit();
    expect(await box.tree()).toEqual([name]);
  });
});

describe('a part file that somebody has removed', () => {
  it('leaves no record, though there is a folder of that name again', async () => {
    const part = await openPart('gone/a.ckpt');
    await put(part, '01234');
    await rm(box.path('models'), { recursive: true });
    await mkdir(box.path('models/gone'), { recursive: true });
    await part.suspend();
    expect(await box.tree()).toEqual([]);
  });

  it('is told where its folder has gone, too', async () => {
    const part = await openPart('gone/a.ckpt');
    await put(part, '01234');
    await rm(box.path('models'), { recursive: true });
    await expect(part.journal()).rejects.toMatchObject({ code: 'file-system' });
    await part.suspend();
    expect(await readdir(box.dir)).not.toContain('models');
  });
});

describe('what a run left that ended between its last two steps', () => {
  it('is removed beside a whole target', async () => {
    await box.write('models/a.ckpt', '0123456789');
    await box.write('models/a.ckpt.part.json', '{}');
    await removeStale(box.path('models/a.ckpt'));
    await removeStale(box.path('models/a.ckpt'));
    expect(await box.tree()).toEqual(['a.ckpt']);
  });

  it('is not what another run is about to replace it with', async () => {
    await box.write('models/a.ckpt', '0123456789');
    await leave('01234');
    const names = ['a.ckpt', 'a.ckpt.part', 'a.ckpt.part.json'];
    expect(await box.tree()).toEqual(names);
    await removeStale(box.path('models/a.ckpt'));
    expect(await box.tree()).toEqual(names);
  });
});
