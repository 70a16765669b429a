import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import type { Checksums } from '../../../src/disk/checksum/checksum.js';
import { matchesFile, verifyFile } from '../../../src/disk/checksum/verify-file.js';
import { FileSystemError } from '../../../src/errors.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';
import { fox } from '../../transfer/fox.js';

const { text, sha256, crc32 } = fox;
const { signal } = new AbortController();

describe('verifyFile', () => {
  it.each<readonly [what: string, expected: Checksums, by: string]>([
    ['SHA256', { sha256: sha256.toUpperCase() }, 'SHA256'],
    ['CRC32', { crc32 }, 'CRC32'],
    ['size alone', {}, 'size'],
  ])('verifies by %s', async (_what, expected, by) => {
    expect(await verifyFile(await sandbox.write('fox', text), expected, signal)).toBe(by);
  });

  it('verifies an empty file', async () => {
    const path = await sandbox.write('nothing', '');
    expect(await verifyFile(path, { crc32: '00000000' }, signal)).toBe('CRC32');
  });

  it('rejects other bytes', async () => {
    const path = await sandbox.write('fox', `${text}.`);
    await expect(verifyFile(path, { sha256 }, signal)).rejects.toMatchObject({
      code: 'wrong-checksum',
      message: expect.stringContaining(path),
    });
  });

  it('throws FileSystemError for a missing file, or a folder', async () => {
    await mkdir(sandbox.path('folder'));
    for (const name of ['nowhere', 'folder']) {
      const checked = await verifyFile(sandbox.path(name), { sha256 }, signal).catch(
        (error: unknown) => error,
      );
      expect(checked).toBeInstanceOf(FileSystemError);
      expect(checked).toMatchObject({ message: expect.stringContaining(sandbox.path(name)) });
    }
  });

  it('does not start after an abort', async () => {
    const reason = new Error('interrupted');
    const path = await sandbox.write('fox', text);
    await expect(verifyFile(path, { sha256 }, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('matchesFile', () => {
  const size = text.length;

  it.each<readonly [what: string, expected: Checksums & { size?: number }, verified: string | undefined]>([
    ['size and SHA256 agree', { size, sha256 }, 'SHA256'],
    ['only the size is known, and agrees', { size }, 'size'],
    ['the size differs', { size: size + 1, sha256 }, undefined],
    ['the checksum differs', { size, crc32: '00000000' }, undefined],
  ])('compares a file: %s', async (_what, expected, verified) => {
    expect(await matchesFile(await sandbox.write('fox', text), expected, signal)).toBe(verified);
  });

  it('is undefined for a missing file, or a folder', async () => {
    for (const name of ['nowhere', 'home'])
      expect(await matchesFile(sandbox.path(name), { sha256 }, signal)).toBeUndefined();
  });
});
