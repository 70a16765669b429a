import { describe, expect, it } from 'vitest';
import { extensionOf, MEDIA_EXTENSIONS } from '../../src/transfer/media.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('the extension of an image', () => {
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
  ])('of %j is %s', (beginning, extension) => {
    expect(extensionOf(bytes(beginning), undefined)).toBe(extension);
    expect(extensionOf(bytes(beginning), 'text/html')).toBe(extension);
  });

  it('follows the bytes rather than the content type', () => {
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
  ])('follows the content type %j for unknown bytes', (type, extension) => {
    expect(extensionOf(bytes('????????????????'), type)).toBe(extension);
    expect(extensionOf(bytes(''), type)).toBe(extension);
  });

  it('is undefined for other files', () => {
    for (const beginning of [
      '<!doctype html>',
      '{"error":"x"}',
      'RIFF\x24\0\0\0AVI LIST',
      '%PDF-1.7',
      '\xff\xd9\xff',
    ])
      expect(extensionOf(bytes(beginning), undefined)).toBeUndefined();
  });

  it.each(['constructor', '__proto__'])('is undefined for the property name %s as a type', (type) => {
    expect(extensionOf(bytes(''), type)).toBeUndefined();
  });

  it('is one of a fixed list', () => {
    expect(MEDIA_EXTENSIONS).toEqual(['jpeg', 'png', 'webp', 'gif', 'avif', 'mp4', 'webm', 'mp3', 'wav']);
  });
});
