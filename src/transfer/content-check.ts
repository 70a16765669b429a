import { ContentError } from '../errors.js';

export const SIGNATURE_LENGTH = 9;

/** The format's reference reader rejects longer headers. */
const MAX_SAFETENSORS_HEADER = 100_000_000;
const ERROR_TYPES = new Set([
  'text/html',
  'application/json',
  'application/problem+json',
  'application/xhtml+xml',
]);

/** @throws ContentError `wrong-kind` if a page or an error message was sent instead of the file */
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

/** @throws ContentError `wrong-kind` if the body is encoded, so that its bytes are not those of the file */
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
 * A safetensors file starts with the length of its header as eight bytes, the lowest first, then the header in JSON.
 * @throws ContentError `wrong-kind` if the first {@link SIGNATURE_LENGTH} bytes, or all of fewer, are not such a beginning
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
