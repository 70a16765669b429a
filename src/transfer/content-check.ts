import { ContentError } from '../errors.js';

/** Number of bytes that {@link checkSignature} needs. */
export const SIGNATURE_LENGTH = 9;

/** The format's reference reader rejects longer headers. */
const MAX_SAFETENSORS_HEADER = 100_000_000;
const ERROR_TYPES = new Set([
  'text/html',
  'application/json',
  'application/problem+json',
  'application/xhtml+xml',
]);

/**
 * Rejects a page or an error message that was sent instead of a file.
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
 * Rejects an encoded body: its bytes are not those of the file.
 * @throws ContentError `wrong-kind`
 */
export function checkContentEncoding(name: string, contentEncoding: string | undefined): void {
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    throw new ContentError(
      'wrong-kind',
      `${name}: the server sent a ${encoding}-encoded body instead of the file.`,
    );
  }
}

/**
 * Rejects a `.safetensors` file with a wrong beginning. The format starts with the length of its header as eight bytes,
 * the lowest first, then the header, a JSON object.
 * @param beginning the first {@link SIGNATURE_LENGTH} bytes, or all of a shorter file
 * @throws ContentError `wrong-kind`
 */
export function checkSignature(name: string, beginning: Buffer): void {
  if (!name.toLowerCase().endsWith('.safetensors')) return;
  const isPlausible =
    beginning.length >= SIGNATURE_LENGTH &&
    beginning.readBigUInt64LE(0) <= MAX_SAFETENSORS_HEADER &&
    beginning[8] === '{'.charCodeAt(0);
  if (!isPlausible)
    throw new ContentError('wrong-kind', `${name}: what the server sent is not a safetensors file.`);
}
