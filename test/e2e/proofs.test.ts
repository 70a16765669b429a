import { describe, expect } from 'vitest';
import { createDigest } from '../../src/disk/checksum/checksum.js';
import { file, model, plainVersion } from '../fake-civitai/catalog/build.js';
import type { CatalogFile, CatalogModel } from '../fake-civitai/catalog/entry.js';
import type { FaultKind } from '../fake-civitai/civitai.js';
import { bytesOf } from '../fake-civitai/server/catalog-index.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

/** What is published about a file, and what its host says about it. */

const size = 123_457;
const KiB = 1024;

type Given = Partial<CatalogFile>;

function blake3(one: CatalogFile): string {
  const digest = createDigest('BLAKE3');
  digest.update(bytesOf(one).read(0, one.size));
  return digest.end().toUpperCase();
}

/** Makes a model by what is special about its file. */
function modelWith(index: number, given: Given): CatalogModel {
  const [id, versionId, fileId] = [810_000 + index, 820_000 + index, 830_000 + index];
  const plain = file({
    id: fileId,
    name: 'example.safetensors',
    size,
    hashes: ['SHA256', 'CRC32'],
    ...given,
  });
  const one = { ...plain, hashOverrides: { BLAKE3: blake3(plain), ...given.hashOverrides } };
  return model({
    id,
    name: `Proof ${index}`,
    versions: [plainVersion(versionId, { files: [one], images: [] })],
  });
}

const workflow: Given = { name: 'workflow.json', kind: 'plain', type: 'Archive' };
const pickle: Given = { name: 'disguise.safetensors', kind: 'zip' };
const type = (contentType: string): FaultKind => ({
  kind: 'headers',
  headers: { 'content-type': contentType },
});
const noLength: FaultKind = { kind: 'headers', headers: { 'content-length': undefined } };
const page: FaultKind = { kind: 'html' };

/** Good models that a hint speaks against. */
const good: readonly (readonly [name: string, given: Given, fault: FaultKind | undefined, says: string])[] = [
  ['its size was rounded', { sizeKB: Math.round((size / KiB) * 100) / 100 }, undefined, 'SHA256 verified'],
  ['its size is two bytes too small', { sizeKB: (size - 2) / KiB }, undefined, 'SHA256 verified'],
  ['its size is a tenth too large', { sizeKB: (size * 1.1) / KiB }, undefined, 'SHA256 verified'],
  ['its size is a tenth too small', { sizeKB: (size * 0.9) / KiB }, undefined, 'SHA256 verified'],
  ['its size has no decimals', { sizeKB: Math.floor(size / KiB) }, undefined, 'SHA256 verified'],
  ['it is JSON and called so', workflow, type('application/json'), 'SHA256 verified'],
  [
    'it is JSON, called so, and has no hash',
    { ...workflow, hashes: [] },
    type('application/json'),
    'verified by size only',
  ],
  ['it is called a page', {}, type('text/html'), 'SHA256 verified'],
  [
    'it is called compressed',
    {},
    { kind: 'headers', headers: { 'content-encoding': 'gzip' } },
    'SHA256 verified',
  ],
  ['its host says no length', {}, noLength, 'SHA256 verified'],
  ['it has only a BLAKE3', { hashes: ['BLAKE3'] }, undefined, 'BLAKE3 verified'],
  [
    'it has only a BLAKE3, and a wrong size',
    { hashes: ['BLAKE3'], sizeKB: 100 },
    undefined,
    'BLAKE3 verified',
  ],
  [
    'it has a BLAKE3 and a wrong CRC32',
    { hashes: ['BLAKE3', 'CRC32'], hashOverrides: { CRC32: '00000000' } },
    undefined,
    'BLAKE3 verified',
  ],
  [
    'it has a SHA256 and a wrong BLAKE3',
    { hashes: ['SHA256', 'BLAKE3'], hashOverrides: { BLAKE3: 'A'.repeat(64) } },
    undefined,
    'SHA256 verified',
  ],
  [
    'it has a SHA256 that can be none',
    { hashes: ['SHA256', 'CRC32'], hashOverrides: { SHA256: 'ABC' } },
    undefined,
    'CRC32 verified',
  ],
  ['it has only a CRC32, and a wrong size', { hashes: ['CRC32'], sizeKB: 100 }, undefined, 'CRC32 verified'],
  ['it has no hash, and a wrong size', { hashes: [], sizeKB: 100 }, undefined, 'verified by size only'],
  ['it is a pickle file by its bytes', pickle, undefined, 'SHA256 verified'],
  [
    'it is a pickle file by its bytes, with a BLAKE3',
    { ...pickle, hashes: ['BLAKE3'] },
    undefined,
    'BLAKE3 verified',
  ],
];
const goodModels = good.map(([, given], index) => modelWith(index, given));

/** Bytes that are not the file. */
const wrong: readonly (readonly [name: string, given: Given, fault: FaultKind | undefined, says: RegExp])[] =
  [
    [
      'a page, with a SHA256',
      {},
      page,
      /wrong SHA256: expected [0-9A-F]{64}, got [0-9A-F]{64}\. The server sent a web page, not the file\./,
    ],
    [
      'a page, with a BLAKE3',
      { hashes: ['BLAKE3'] },
      page,
      /wrong BLAKE3: .*\. The server sent a web page, not the file\./,
    ],
    ['a page, with a CRC32', { hashes: ['CRC32'] }, page, /the server sent text\/html instead of the file/],
    ['a page, without a hash', { hashes: [] }, page, /the server sent text\/html instead of the file/],
    [
      'a page of unknown type',
      { hashes: [], name: 'a.ckpt' },
      { kind: 'status', status: 200, body: '<!doctype html><title>x' },
      /what the server sent is a web page, not the file/,
    ],
    [
      'an error of unknown type',
      { hashes: [], name: 'a.gguf' },
      { kind: 'status', status: 200, body: '{"error":"Oh"}' },
      /what the server sent is an error message in JSON, not the file/,
    ],
    [
      'a pickle without a hash',
      { ...pickle, hashes: [] },
      undefined,
      /what the server sent is not a safetensors file/,
    ],
    [
      'other bytes, with a BLAKE3',
      { hashes: ['BLAKE3'] },
      { kind: 'wrongBytes' },
      /wrong BLAKE3: expected [0-9A-F]{64}, got [0-9A-F]{64}\./,
    ],
    [
      'a wrong BLAKE3',
      { hashes: ['BLAKE3'], hashOverrides: { BLAKE3: 'B'.repeat(64) } },
      undefined,
      /wrong BLAKE3: expected B{64}, got /,
    ],
    [
      'half the file, with a SHA256',
      {},
      { kind: 'truncate', after: 60_000, shortLength: true },
      new RegExp(`wrong SHA256: .* The server sent 60000 bytes; about ${size} were expected\\.`),
    ],
  ];
const wrongModels = wrong.map(([, given], index) => modelWith(100 + index, given));

const unknown = modelWith(200, { hashes: [], sizeKB: 0 });
const unmeasured = modelWith(201, { sizeKB: 0 });

it.override('serverOptions', { models: [...goodModels, ...wrongModels, unknown, unmeasured] });

const always = (fault: FaultKind | undefined) => {
  if (fault) civitai.fault({ on: 'storage', times: Number.POSITIVE_INFINITY, ...fault });
};
const download = (source: number, args: readonly string[] = []) =>
  runInProcess([String(source), 'models', ...args], sandbox);
const fileOf = ({ versions: [only] }: CatalogModel) => only?.files[0] as CatalogFile;

async function writtenBytes({ name }: CatalogFile): Promise<Buffer | undefined> {
  const extension = name.slice(name.lastIndexOf('.'));
  const found = (await sandbox.tree()).find(
    (path) => path.endsWith(extension) && !path.includes('extra_data'),
  );
  return found === undefined ? undefined : await sandbox.read(`models/${found}`);
}

describe('a good model', () => {
  const rows = good.map(
    ([name, , fault, says], index) => [name, goodModels[index] as CatalogModel, fault, says] as const,
  );

  it.each(rows)('is downloaded, and found there again, although %s', async (_name, one, fault, says) => {
    always(fault);
    const first = await download(one.id);
    expect(first.stderr).toContain(says);
    expect(first.status).toBe(0);
    const expected = bytesOf(fileOf(one));
    expect((await writtenBytes(fileOf(one)))?.equals(expected.read(0, expected.size))).toBe(true);
    expect(civitai.requestsTo('download')).toHaveLength(1);
    expect(civitai.requestsTo('storage')).toHaveLength(1);

    const again = await download(one.id);
    expect(again.stderr).toContain('1 already downloaded');
    expect(civitai.requestsTo('download')).toHaveLength(1);
  });

  const proven = rows.filter(([, one]) => fileOf(one).hashes.length > 0);
  it.each(proven)('is known without the cache, although %s', async (_name, one, fault) => {
    always(fault);
    await download(one.id, ['--cache-mode', '0']);
    const again = await download(one.id, ['--cache-mode', '0']);
    expect(again.stderr).toMatch(/already downloaded, (SHA256|BLAKE3|CRC32) verified now/);
    expect(again.status).toBe(0);
    expect(civitai.requestsTo('download')).toHaveLength(1);
  });

  it('whose name is wrong is warned about', async () => {
    const index = good.findIndex(([, given]) => given === pickle);
    const { stderr, stdout, status } = await download(goodModels[index]?.id ?? 0, ['--json']);
    const warning =
      /disguise-mid_\d+-vid_\d+\.safetensors is the published file, but it is a pickle file, which can run code/;
    expect(status).toBe(0);
    expect(stderr).toMatch(new RegExp(`warning: ${warning.source}`));
    expect(stdout).toMatch(new RegExp(`"notice":{"type":"warned","message":"${warning.source}`));
  });
});

describe('what is not the file', () => {
  const rows = wrong.map(
    ([name, , fault, says], index) => [name, wrongModels[index] as CatalogModel, fault, says] as const,
  );
  it.each(rows)('never gets its name: %s', async (_name, one, fault, says) => {
    always(fault);
    const { status, stderr } = await download(one.id);
    expect(stderr).toMatch(says);
    expect(status).toBe(1);
    expect(await sandbox.tree()).toEqual([]);
    expect(civitai.requestsTo('download')).toHaveLength(1);
    expect(civitai.requestsTo('storage').length).toBeLessThanOrEqual(3);
  });
});

describe('a file whose size nobody measured', () => {
  it('is not called verified if nothing else is known either', async () => {
    always(noLength);
    // Over several connections it would be asked for a range, whose answer has the size.
    const args = [String(unknown.id), 'models', '--connections', '1'];
    const { status, stderr } = await run('civitdl', args, sandbox);
    expect(stderr).toContain('downloaded, not verified: the server has neither a checksum nor a size');
    expect(stderr).toMatch(/1 downloaded; .*; 1 file not verified\n/);
    expect(status).toBe(0);
    const again = await run('civitdl', [String(unknown.id), 'models'], sandbox);
    expect(again.stderr).toContain('already downloaded, not verified');
    expect(civitai.requestsTo('download')).toHaveLength(1);
  });

  it('is verified by the size that its host says', async () => {
    const { stderr } = await run('civitdl', [String(unknown.id), 'models'], sandbox);
    expect(stderr).toContain('verified by size only');
  });

  it('is verified by its SHA256', async () => {
    const { status, stderr } = await run('civitdl', [String(unmeasured.id), 'models'], sandbox);
    expect(stderr).toContain('SHA256 verified');
    expect(status).toBe(0);
  });
});
