import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { errnoCode, toFileSystemError } from '../../src/disk/errors.js';
import { FileSystemError, UsageError } from '../../src/errors.js';

const systemError = (code: string) => Object.assign(new Error(code), { code, errno: -1 });

describe('a system error', () => {
  it.each([
    ['ENOSPC', 'no-space', 'no space left on the disk'],
    ['EDQUOT', 'no-space', 'disk quota exceeded'],
    ['EFBIG', 'file-too-large', 'the file system does not allow files of this size'],
    ['EACCES', 'not-permitted', 'permission denied'],
    ['EPERM', 'not-permitted', 'operation not permitted'],
    ['EROFS', 'not-permitted', 'the file system is read-only'],
    ['ENOENT', 'file-system', 'file or folder not found'],
    ['EEXIST', 'file-system', 'the file already exists'],
    ['ENOTDIR', 'file-system', 'a part of the path is not a folder'],
    ['EISDIR', 'file-system', 'it is a folder'],
    ['EBUSY', 'busy', 'another program is using it'],
    ['ETXTBSY', 'busy', 'another program is using it'],
    ['EDEADLK', 'file-system', 'EDEADLK'],
  ])('%s becomes %s: %s', (code, kind, reason) => {
    const cause = systemError(code);
    const error = toFileSystemError(cause, '/models/a.ckpt', 'write');
    expect(error).toBeInstanceOf(FileSystemError);
    expect(error).toMatchObject({ code: kind, message: `Cannot write /models/a.ckpt: ${reason}.`, cause });
  });
});

it.each([
  ['one of our own', new UsageError('usage', 'no')],
  ['one without a number', new Error('no')],
  ['one of Node', Object.assign(new Error('no'), { code: 'ERR_ASSERTION' })],
  ['no error', 'no'],
])('Another error stays as it is: %s', (_what, error) => {
  expect(toFileSystemError(error, '/a', 'read')).toBe(error);
  expect(errnoCode(error)).toBeUndefined();
});

it('The code of a real system error is known', async () => {
  const error = await rm('/nowhere/at/all').catch((thrown: unknown) => thrown);
  expect(errnoCode(error)).toBe('ENOENT');
});
