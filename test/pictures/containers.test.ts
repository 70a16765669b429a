import { describe, expect } from 'vitest';
import { readPictureFile } from '../../src/pictures/picture-file.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import {
  chunk,
  compressedText,
  EXIF_MARK,
  internationalText,
  jpeg,
  jpegExif,
  pillowText,
  plainText,
  png,
  riffChunk,
  segment,
  textTag,
  tiff,
  userComment,
  utf16,
  webp,
  webpExif,
} from './build-picture.js';
import { inShort } from './references.js';

const text =
  'a lantern\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, Model hash: 0a1b2c3d4e, Model: lantern';
const chinese = text.replace('a lantern', '一个灯笼');
const expected = ['checkpoint lantern: AutoV2 0A1B2C3D4E'];

const graph = JSON.stringify({
  4: { class_type: 'Sampler', inputs: { ckpt_name: 'urn:air:sdxl:checkpoint:civitai:1@2' } },
});
const unused = chunk('tEXt', Buffer.from('Software\0something'));
const ascii = Buffer.from(text);

const pictures: Readonly<Record<string, Uint8Array>> = {
  'PNG, tEXt': png([unused, plainText('parameters', text)]),
  'PNG, tEXt in UTF-8': png([chunk('tEXt', Buffer.from(`parameters\0${chinese}`))]),
  'PNG, tEXt with Latin-1': png([pillowText('parameters', `café, ${text}`)]),
  'PNG, iTXt': png([pillowText('parameters', chinese)]),
  'PNG, iTXt, compressed': png([internationalText('parameters', chinese, true)]),
  'PNG, zTXt': png([compressedText('parameters', text)]),
  'PNG, after the picture': png([], [unused, plainText('parameters', text)]),
  'PNG, comf': png([], [plainText('prompt', graph, 'comf')]),
  'PNG, eXIf': png([chunk('eXIf', tiff({ exif: [userComment('UNICODE', utf16(text, 'BE'))] }))]),
  'PNG, eXIf after the picture, with a mark': png(
    [],
    [chunk('eXIf', Buffer.concat([EXIF_MARK, tiff({ exif: [userComment('UNICODE', utf16(text, 'LE'))] })]))],
  ),
  'JPEG, comment': jpeg(segment(0xfe, ascii)),
  'JPEG, filled before the segment': jpeg(Buffer.of(0xff, 0xff, 0xff), segment(0xfe, ascii)),
  'JPEG, other data of programs first': jpeg(
    segment(0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0<x/>')),
    segment(0xe1, Buffer.concat([EXIF_MARK, tiff({ exif: [userComment('ASCII', ascii)] })])),
  ),
  'WebP, EXIF without a mark': webpExif({ exif: [userComment('UNICODE', utf16(text, 'BE'))] }),
  'WebP, EXIF with a mark': webpExif({ exif: [userComment('UNICODE', utf16(text, 'BE'))] }, EXIF_MARK),
  'WebP, after a chunk of an odd length': webp(
    riffChunk('XMP ', Buffer.from('<x>')),
    riffChunk('EXIF', tiff({ exif: [userComment('', ascii)] })),
  ),
  'WebP, IFD0 of ComfyUI': webpExif({
    ifd0: [textTag(0x010e, `other:${graph}`), textTag(0x0110, `prompt:${graph}`)],
  }),
};

it.for(Object.entries(pictures))('reads a text where tools write it: %s', async ([name, bytes]) => {
  const path = await sandbox.write('picture.bin', bytes);
  const isGraph = name.includes('comf') || name.includes('Comfy');
  expect(inShort(await readPictureFile(path))).toEqual(isGraph ? ['checkpoint = 1@2'] : expected);
});

describe('user comments', () => {
  const charsets: Readonly<Record<string, Uint8Array>> = {
    'UNICODE, big-endian': userComment('UNICODE', utf16(chinese, 'BE')).value,
    'UNICODE, little-endian': userComment('UNICODE', utf16(chinese, 'LE')).value,
    'UNICODE, big-endian with a mark': userComment('UNICODE', utf16(`\ufeff${chinese}`, 'BE')).value,
    'UNICODE, little-endian with a mark': userComment('UNICODE', utf16(`\ufeff${chinese}`, 'LE')).value,
    'UNICODE, but UTF-8': userComment('UNICODE', Buffer.from(chinese)).value,
    'UNICODE, mostly Chinese': userComment(
      'UNICODE',
      utf16(chinese.replace('一个灯笼', '灯笼'.repeat(3_000)), 'BE'),
    ).value,
    ASCII: userComment('ASCII', ascii).value,
    'ASCII, filled with zeros': userComment('ASCII', Buffer.concat([ascii, Buffer.alloc(5_000)])).value,
    UTF8: userComment('UTF8', Buffer.from(chinese)).value,
    'UTF-8': userComment('UTF-8', Buffer.from(chinese)).value,
    'eight zeros': userComment('\0', ascii).value,
    'eight zeros, UTF-16': userComment('\0', utf16(chinese, 'LE')).value,
    'no charset': ascii,
    'no charset, UTF-16': utf16(chinese, 'BE'),
    'no charset, UTF-8': Buffer.from(chinese),
    'no charset, Latin-1': Buffer.from(`café ${text}`, 'latin1'),
  };
  const cases = Object.entries(charsets).flatMap(([charset, value]) =>
    [2, 7].flatMap((type) =>
      [true, false].flatMap((isLittleEndian) =>
        (['ifd0', 'exif'] as const).map((directory) => ({ charset, value, type, isLittleEndian, directory })),
      ),
    ),
  );
  it.for(cases)(
    'are read in $charset, type $type, in $directory, II $isLittleEndian',
    async ({ value, type, isLittleEndian, directory }) => {
      const exif = { isLittleEndian, [directory]: [{ tag: 0x9286, type, value }] };
      const path = await sandbox.write('picture.jpg', jpegExif(exif));
      expect(inShort(await readPictureFile(path))).toEqual(expected);
    },
  );
});
