/** Bytes of a file's beginning that {@link extensionOf} looks at. */
export const MEDIA_BEGINNING = 16;

const BY_CONTENT_TYPE: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'jpeg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
  ['image/gif', 'gif'],
  ['image/avif', 'avif'],
  ['video/mp4', 'mp4'],
  ['video/webm', 'webm'],
  ['audio/mpeg', 'mp3'],
  ['audio/wav', 'wav'],
]);

/** All extensions that an example can have. */
export const MEDIA_EXTENSIONS: readonly string[] = [...BY_CONTENT_TYPE.values()];

/**
 * The extension of an image, video or sound by its first bytes, else by its content type: the name in a URL proves
 * nothing. Undefined when it is none of these.
 */
export function extensionOf(beginning: Buffer, contentType: string | undefined): string | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return byBeginning(beginning) ?? BY_CONTENT_TYPE.get(type);
}

function byBeginning(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('GIF8')) return 'gif';
  if (text.startsWith('RIFF')) return { WEBP: 'webp', WAVE: 'wav' }[text.slice(8, 12)];
  if (text.startsWith('ftyp', 4)) return text.slice(8, 11) === 'avi' ? 'avif' : 'mp4';
  if (text.startsWith('\x1aE\xdf\xa3')) return 'webm';
  return text.startsWith('ID3') || /^\xff[\xe2\xe3\xf2\xf3\xfa\xfb]/.test(text) ? 'mp3' : undefined;
}
