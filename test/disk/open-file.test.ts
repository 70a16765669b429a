import { rename } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { openFile, writeAll } from '../../src/disk/open-file.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

describe('an open file', () => {
  it('has all bytes at their positions', async () => {
    const file = openFile(sandbox.path('file'), 'w+');
    await file.write(Buffer.from('56789'), 5);
    await file.write(Buffer.from('01234'), 0);
    expect(file.size).toBe(10);
    await file.truncate(7);
    await file.datasync();
    await file.sync();
    file.close();
    expect((await sandbox.read('file')).toString()).toBe('0123456');
  });

  it('has a beginning, also after another file has taken its name', async () => {
    const file = openFile(sandbox.path('file'), 'w+');
    await file.write(Buffer.from('0123456'), 0);
    await sandbox.write('other', 'other');
    await rename(sandbox.path('other'), sandbox.path('file'));
    expect(file.readBeginning(3).toString()).toBe('012');
    expect(file.readBeginning(30).toString()).toBe('0123456');
    file.close();
  });

  it('can be a folder, which can be flushed', async () => {
    const folder = openFile(sandbox.path(''), 'r');
    await expect(folder.sync()).resolves.toBeUndefined();
    folder.close();
  });

  it('is closed only once, since another file may have its number then', async () => {
    const one = openFile(sandbox.path('one'), 'w+');
    one.close();
    const other = openFile(sandbox.path('other'), 'w+');
    one.close();
    await other.write(Buffer.from('other'), 0);
    expect(() => one.size).toThrow('closed');
    await expect(one.write(Buffer.from('one'), 0)).rejects.toThrow('closed');
    other.close();
    expect((await sandbox.read('other')).toString()).toBe('other');
  });
});

describe('writing all bytes', () => {
  it('goes on if the system takes only a part of them', async () => {
    const asked: number[][] = [];
    await writeAll(Buffer.from('0123456789'), 2, async (offset, length, position) => {
      asked.push([offset, length, position]);
      return Math.min(length, 4);
    });
    expect(asked).toEqual([
      [0, 10, 2],
      [4, 6, 6],
      [8, 2, 10],
    ]);
  });
});
