import { ContentError } from '../errors.js';

/** Bytes of a file's beginning that {@link checkSignature} looks at. */
export const SIGNATURE_LENGTH = 9;

/** A safetensors header longer than this is refused by the format's own reference reader. */
const MAX_SAFETENSORS_HEADER = 100_000_000;
const ERROR_TYPES = new Set([
  'text/html',
  'application/json',
  'application/problem+json',
  'application/xhtml+xml',
]);

/**
 * Refuses an answer that is a page or an error message instead of a file.
 * @throws ContentError `wrong-kind`
 */
export function checkContentType(
  name: string,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): void {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (ERROR_TYPES.has(type)) {
    throw new ContentError('wrong-kind', `${name}: the server sent ${type} instead of the file.`);
  }
  checkContentEncoding(name, contentEncoding);
}

/**
 * Refuses a body that is not the file's own bytes, though asked for nothing else.
 * @throws ContentError `wrong-kind`
 */
export function checkContentEncoding(name: string, contentEncoding: string | undefined): void {
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    throw new ContentError(
      'wrong-kind',
      `${name}: the server sent it ${encoding}-encoded, though asked not to.`,
    );
  }
}

/**
 * Refuses a `.safetensors` that is none. The format starts with the length of its header as eight bytes, the lowest
 * first, then the header, a JSON object.
 * @param beginning the first {@link SIGNATURE_LENGTH} bytes, or all when the file has fewer
 * @throws ContentError `wrong-kind`
 */
export function checkSignature(name: string, beginning: Buffer): void {
  if (!name.toLowerCase().endsWith('.safetensors')) return;
  const plausible =
    beginning.length >= SIGNATURE_LENGTH &&
    beginning.readBigUInt64LE(0) <= MAX_SAFETENSORS_HEADER &&
    beginning[8] === '{'.charCodeAt(0);
  if (!plausible)
    throw new ContentError('wrong-kind', `${name}: what the server sent is no safetensors file.`);
}
