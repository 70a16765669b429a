import { describe, expect, it } from 'vitest';
import { extensionOf, MEDIA_EXTENSIONS } from '../../src/transfer/media.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('the extension of an example', () => {
  it.each([
    ['\xff\xd8\xff\xe0\0\x10JFIF', 'jpeg'],
    ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'png'],
    ['GIF87a', 'gif'],
    ['GIF89a', 'gif'],
    ['RIFF\x24\0\0\0WEBPVP8 ', 'webp'],
    ['RIFF\x24\0\0\0WAVEfmt ', 'wav'],
    ['\0\0\0\x20ftypavif\0\0\0\0', 'avif'],
    ['\0\0\0\x20ftypavis\0\0\0\0', 'avif'],
    ['\0\0\0\x20ftypisom\0\0\0\0', 'mp4'],
    ['\0\0\0\x20ftypmp42\0\0\0\0', 'mp4'],
    ['\x1aE\xdf\xa3\x01\0\0\0', 'webm'],
    ['ID3\x04\0', 'mp3'],
    ['\xff\xfb\x90\x64', 'mp3'],
  ])('of %j is told by its bytes: %s', (beginning, extension) => {
    expect(extensionOf(bytes(beginning), undefined)).toBe(extension);
    expect(extensionOf(bytes(beginning), 'text/html')).toBe(extension);
  });

  it('is told by the bytes, even where the type says something else', () => {
    expect(extensionOf(bytes('\x89PNG\r\n\x1a\n'), 'image/jpeg')).toBe('png');
  });

  it.each([
    ['image/jpeg', 'jpeg'],
    ['IMAGE/PNG; q=1', 'png'],
    ['video/webm', 'webm'],
    ['audio/mpeg', 'mp3'],
    ['text/html', undefined],
    ['image/svg+xml', undefined],
    ['application/octet-stream', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('is told by the type %j where the bytes say nothing', (type, extension) => {
    expect(extensionOf(bytes('????????????????'), type)).toBe(extension);
    expect(extensionOf(bytes(''), type)).toBe(extension);
  });

  it('is none for what is neither image nor video nor sound', () => {
    for (const beginning of [
      '<!doctype html>',
      '{"error":"x"}',
      'RIFF\x24\0\0\0AVI LIST',
      '%PDF-1.7',
      '\xff\xd9\xff',
    ])
      expect(extensionOf(bytes(beginning), undefined)).toBeUndefined();
  });

  it.each(['constructor', '__proto__'])('is none for a type that every object knows: %s', (type) => {
    expect(extensionOf(bytes(''), type)).toBeUndefined();
  });

  it('is one of a known few', () => {
    expect(MEDIA_EXTENSIONS).toEqual(['jpeg', 'png', 'webp', 'gif', 'avif', 'mp4', 'webm', 'mp3', 'wav']);
  });
});
