import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import type { Checksums } from '../../../src/disk/checksum/checksum.js';
import { verifyFile } from '../../../src/disk/checksum/verify-file.js';
import { FileSystemError } from '../../../src/errors.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';
import { fox } from '../../transfer/fox.js';

const { text, sha256, crc32 } = fox;
const { signal } = new AbortController();

describe('a file on disk', () => {
  it.each<readonly [what: string, expected: Checksums, by: string]>([
    ['SHA256', { sha256: sha256.toUpperCase() }, 'SHA256'],
    ['CRC32', { crc32 }, 'CRC32'],
    ['size alone', {}, 'size'],
  ])('is checked by %s', async (_what, expected, by) => {
    expect(await verifyFile(await sandbox.write('fox', text), expected, signal)).toBe(by);
  });

  it('may be empty', async () => {
    const path = await sandbox.write('nothing', '');
    expect(await verifyFile(path, { crc32: '00000000' }, signal)).toBe('CRC32');
  });

  it('of other bytes is refused', async () => {
    const path = await sandbox.write('fox', `${text}.`);
    await expect(verifyFile(path, { sha256 }, signal)).rejects.toMatchObject({
      code: 'wrong-checksum',
      message: expect.stringContaining(path),
    });
  });

  it('that is not there, or no file, is told as what the system refused', async () => {
    await mkdir(sandbox.path('folder'));
    for (const name of ['nowhere', 'folder']) {
      const checked = await verifyFile(sandbox.path(name), { sha256 }, signal).catch(
        (error: unknown) => error,
      );
      expect(checked).toBeInstanceOf(FileSystemError);
      expect(checked).toMatchObject({ message: expect.stringContaining(sandbox.path(name)) });
    }
  });

  it('is not checked when the signal has aborted', async () => {
    const reason = new Error('interrupted');
    const path = await sandbox.write('fox', text);
    await expect(verifyFile(path, { sha256 }, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
