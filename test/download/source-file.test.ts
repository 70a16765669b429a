import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { describe, expect } from 'vitest';
import { readSourceFile } from '../../src/download/source-file.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { plainText, png } from '../pictures/build-picture.js';

const read = async (bytes: Uint8Array | string) =>
  Buffer.from(await readSourceFile(await sandbox.write('file', bytes)));

describe('a file among the sources', () => {
  it.each([
    ['empty', ''],
    ['short', '66'],
    ['of 64 bytes', '1'.repeat(64)],
    ['long', '66, 67\n'.repeat(100_000)],
  ])('is read whole if it is text: %s', async (_what, text) => {
    expect((await read(text)).toString()).toBe(text);
  });

  it.each(['utf16le', 'UTF-16 BE'])('is read whole if it is marked as UTF-16: %s', async (encoding) => {
    const bytes = Buffer.from(`\ufeff${'66\n'.repeat(100)}`, 'utf16le');
    const marked = encoding === 'utf16le' ? bytes : bytes.swap16();
    expect(await read(marked)).toEqual(marked);
  });

  it.each([
    ['a picture', png([plainText('parameters', 'x'.repeat(1_000))])],
    ['JSON', Buffer.from(JSON.stringify({ nodes: [], extra: 'x'.repeat(1_000) }))],
    ['a model', Buffer.concat([Buffer.of(0x10, 0x27, 0, 0, 0, 0, 0, 0), Buffer.alloc(10_000, '{')])],
  ])('is read in part if it is %s', async (_what, bytes) => {
    expect(await read(bytes)).toEqual(bytes.subarray(0, 64));
  });

  it.skipIf(platform() === 'win32')('can be a pipe, which sends its text in parts', async () => {
    const path = sandbox.path('pipe');
    execFileSync('mkfifo', [path]);
    const text = '66\n'.repeat(50_000);
    const [bytes] = await Promise.all([readSourceFile(path), writeFile(path, text)]);
    expect(Buffer.from(bytes).toString()).toBe(text);
  });

  it('that is missing or a folder rejects as the system does', async () => {
    await expect(readSourceFile(sandbox.path('missing'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readSourceFile(sandbox.dir)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});
