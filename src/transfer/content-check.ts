import { isSizeClose } from '../disk/checksum/verify-file.js';
import { ContentError } from '../errors.js';

/** Bytes that show whether a file is a safetensors file. */
export const SIGNATURE_LENGTH = 9;
/** Bytes that show what a file is, if they are no model. */
export const BEGINNING_LENGTH = 64;

/** The format's reference reader rejects longer headers. */
const MAX_SAFETENSORS_HEADER = 100_000_000;
const ERROR_TYPES = new Set([
  'text/html',
  'application/json',
  'application/problem+json',
  'application/xhtml+xml',
]);

/** Names of files that may be text, so that a page or JSON is no sign of an error. */
const TEXT_NAME = /\.(json|html?|xml|ya?ml|txt|md|csv|toml|ini)$/i;

/**
 * Checks the labels of a response, which are hints: hosts label files wrongly.
 * @throws ContentError `wrong-kind` if a page or an error message was sent instead of the file
 */
export function checkContentType(
  name: string,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): void {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (ERROR_TYPES.has(type) && !TEXT_NAME.test(name)) {
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
 * @throws ContentError `wrong-kind` if the first bytes of a file, or all of fewer, are those of another kind of file
 */
export function checkSignature(name: string, beginning: Buffer): void {
  if (isSafetensors(name) && !hasSafetensorsHeader(beginning))
    throw new ContentError('wrong-kind', `${name}: what the server sent is not a safetensors file.`);
  const message = messageKind(name, beginning);
  if (message !== undefined)
    throw new ContentError('wrong-kind', `${name}: what the server sent is ${message}, not the file.`);
}

export interface ReceivedFile {
  readonly name: string;
  /** The estimate, if known. */
  readonly size: number | undefined;
  readonly received: number;
  readonly beginning: Buffer;
}

/** Explains a wrong checksum by what came instead of the file, or by its size, if they tell. */
export function explainMismatch(error: ContentError, file: ReceivedFile): ContentError {
  if (error.code !== 'wrong-checksum') return error;
  const { name, size, received, beginning } = file;
  const what = otherKind(name, beginning);
  if (what !== undefined)
    return new ContentError('wrong-kind', `${error.message} The server sent ${what}, not the file.`);
  if (size === undefined || isSizeClose(received, size)) return error;
  const sizes = `The server sent ${received} bytes; about ${size} were expected.`;
  return new ContentError('wrong-checksum', `${error.message} ${sizes}`);
}

function otherKind(name: string, beginning: Buffer): string | undefined {
  if (beginning.length === 0) return 'nothing';
  const isCompressed = beginning.toString('latin1', 0, 2) === '\x1f\x8b' && !/\.(t?gz)$/i.test(name);
  return messageKind(name, beginning) ?? (isCompressed ? 'a gzip-compressed file' : undefined);
}

/** Returns a warning about a file that has the right checksum, but is not what its name says. */
export function describeMislabeled(name: string, beginning: Buffer): string | undefined {
  const message = messageKind(name, beginning);
  if (message !== undefined) return `${name} is the published file, but it is ${message}.`;
  if (!isSafetensors(name) || hasSafetensorsHeader(beginning)) return undefined;
  return isPickle(beginning)
    ? `${name} is the published file, but it is a pickle file, which can run code when it is loaded.`
    : `${name} is the published file, but it is not a safetensors file.`;
}

/** PyTorch writes a zip archive with a pickle, or a bare pickle of protocol 2 to 5. */
function isPickle(beginning: Buffer): boolean {
  const [first, protocol = 0] = beginning;
  return beginning.toString('latin1', 0, 2) === 'PK' || (first === 0x80 && protocol >= 2 && protocol <= 5);
}

function isSafetensors(name: string): boolean {
  return name.toLowerCase().endsWith('.safetensors');
}

function hasSafetensorsHeader(beginning: Buffer): boolean {
  return (
    beginning.length >= SIGNATURE_LENGTH &&
    beginning.readBigUInt64LE(0) <= MAX_SAFETENSORS_HEADER &&
    beginning[8] === '{'.charCodeAt(0)
  );
}

/** Returns the kind of a message for people or programs that was sent instead of a file. */
function messageKind(name: string, beginning: Buffer): string | undefined {
  if (TEXT_NAME.test(name)) return undefined;
  const text = beginning
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
    .toLowerCase();
  if (/^<(!doctype html|html|head|body)/.test(text)) return 'a web page';
  if (/^<(\?xml|error)/.test(text)) return 'a message in XML';
  return /^\{\s*"(error|code|message|status)"/.test(text) ? 'an error message in JSON' : undefined;
}
