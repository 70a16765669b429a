import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import type { Checksums } from '../../../src/disk/checksum/checksum.js';
import { matchesFile, verifyFile } from '../../../src/disk/checksum/verify-file.js';
import { FileSystemError } from '../../../src/errors.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';
import { fox } from '../../transfer/fox.js';

const { text, sha256, blake3, crc32 } = fox;
const { signal } = new AbortController();

describe('verifyFile', () => {
  it.each<readonly [what: string, expected: Checksums, by: string]>([
    ['SHA256', { sha256: sha256.toUpperCase() }, 'SHA256'],
    ['BLAKE3', { blake3, crc32 }, 'BLAKE3'],
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

  it.each<readonly [what: string, expected: Checksums & { size?: number }, match: object | undefined]>([
    ['size and SHA256 agree', { size, sha256 }, { verified: 'SHA256' }],
    ['the SHA256 agrees, which outweighs the size', { size: size * 2, sha256 }, { verified: 'SHA256' }],
    ['the BLAKE3 agrees, which outweighs the size', { size: 0, blake3 }, { verified: 'BLAKE3' }],
    ['the CRC32 agrees, which outweighs the size', { size: 1, crc32 }, { verified: 'CRC32' }],
    ['only the size is known, and agrees', { size }, { verified: 'size' }],
    ['only the size is known, and was rounded', { size: size - 5 }, { verified: 'size' }],
    ['only the size is known, and differs', { size: size + 10 }, undefined],
    ['nothing is known', {}, { verified: undefined }],
    ['the checksum differs', { size, crc32: '00000000' }, undefined],
  ])('compares a file: %s', async (_what, expected, match) => {
    expect(await matchesFile(await sandbox.write('fox', text), expected, signal)).toEqual(match);
  });

  it('is undefined for a missing file, or a folder', async () => {
    for (const name of ['nowhere', 'home'])
      expect(await matchesFile(sandbox.path(name), { sha256 }, signal)).toBeUndefined();
  });
});
