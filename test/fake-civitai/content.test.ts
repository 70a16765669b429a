import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { checksums } from './content/checksums.js';
import { content } from './content/content.js';
import { media } from './content/media.js';

test('reads the same bytes in one piece and in many', () => {
  const file = content(7, 2_500_000, 'safetensors');
  const chunks = [];
  for (let offset = 0; offset < file.size; offset += 99_991) chunks.push(file.read(offset, 99_991));
  expect(Buffer.concat(chunks).equals(file.read(0, file.size))).toBe(true);
});

test('reads the same bytes in pieces that are not copied', () => {
  const file = content(123_457, 3_500_000, 'safetensors');
  for (const [offset, length] of [
    [0, 3_500_000],
    [5, 600],
    [1024 * 1024 - 6, 100],
    [1024 * 1024, 1_000],
    [300, 9_000_000],
  ] as const) {
    const chunks = [...(file.chunks?.(offset, length) ?? [])];
    expect(Buffer.concat(chunks).equals(file.read(offset, length))).toBe(true);
  }
});

test('other seeds and other places have other bytes', () => {
  const one = content(1, 3_000_000, 'plain');
  expect(one.read(0, 1000).equals(content(2, 3_000_000, 'plain').read(0, 1000))).toBe(false);
  expect(one.read(0, 1000).equals(one.read(1024 * 1024, 1000))).toBe(false);
});

test('a safetensors file has a header whose tensor covers the rest', () => {
  const size = 100_000;
  const bytes = content(7, size, 'safetensors').read(0, size);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  expect(header.weight.data_offsets).toEqual([0, size - 8 - length]);
});

test('a file of many gigabytes costs nothing until it is read', () => {
  const file = content(7, 8_000_000_000, 'safetensors');
  expect(file.read(7_999_999_990, 100)).toHaveLength(10);
});

test('checksums are those of the bytes', () => {
  const file = content(7, 1_200_000, 'safetensors');
  const sha256 = createHash('sha256').update(file.read(0, file.size)).digest('hex').toUpperCase();
  expect(checksums(file)).toMatchObject({ SHA256: sha256, AutoV2: sha256.slice(0, 10) });
  expect(checksums(file).CRC32).toMatch(/^[0-9A-F]{8}$/);
});

test('media begin as their format says and differ by label', () => {
  expect(media('jpeg', 'a').subarray(0, 3).toString('hex')).toBe('ffd8ff');
  expect(media('png', 'a').toString('latin1', 1, 4)).toBe('PNG');
  expect(media('webp', 'a').toString('latin1', 8, 12)).toBe('WEBP');
  expect(media('mp4', 'a').toString('latin1', 4, 8)).toBe('ftyp');
  expect(media('jpeg', 'a').equals(media('jpeg', 'b'))).toBe(false);
});
