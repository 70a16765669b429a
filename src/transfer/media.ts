import { closeSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { retryWhileBusy } from '../disk/busy.js';
import { toFileSystemError } from '../disk/errors.js';
import { tryRemove, withParentDir } from '../disk/files.js';
import { temporaryPath } from '../disk/paths.js';
import { assertSameFile, createFile } from '../disk/plain-file.js';
import { type BufferPool, WriteBuffer } from '../disk/write-buffer.js';
import { ContentError, NetworkError } from '../errors.js';
import { type Http, type HttpResponse, MIN_BYTES_PER_SECOND } from '../http/client.js';
import { type RetryPolicy, withRetry } from '../http/retry.js';
import { checkContentEncoding } from './content-check.js';
import { statusError } from './response.js';

/** An example image or video: small, without a checksum, and with an extension that only its bytes show. */
export interface MediaRequest {
  readonly url: URL;
  readonly directory: string;
  /** File name without the extension. */
  readonly stem: string;
}

export interface MediaContext {
  readonly http: Http;
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal;
  readonly mediaBuffers: BufferPool;
  /** Path of the lock that the caller holds. */
  readonly lock: string;
}

const READ_SIZE = 16 * 1024;
/** Several times the largest that Civitai accepts. Images are not checked against a size, and must not fill the disk. */
const MAX_IMAGE_BYTES = 256 * 1024 * 1024;
const MAX_VIDEO_BYTES = 1024 * 1024 * 1024;
const IMAGE_EXTENSIONS = new Set(['jpeg', 'png', 'webp', 'gif', 'avif']);
const SIGNATURE_LENGTH = 16;

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

export const MEDIA_EXTENSIONS: readonly string[] = [...BY_CONTENT_TYPE.values()];

/** Returns the names in a folder; none if it cannot be read. */
export function readNames(directory: string): ReadonlySet<string> {
  try {
    return new Set(existsSync(directory) ? readdirSync(directory) : []);
  } catch {
    return new Set();
  }
}

/** Returns the path of an image that already exists; images get their name only when complete. */
export function findMedia({ directory, stem }: MediaRequest, names: ReadonlySet<string>): string | undefined {
  const extension = MEDIA_EXTENSIONS.find((candidate) => names.has(`${stem}.${candidate}`));
  return extension && join(directory, `${stem}.${extension}`);
}

/** Fetches an image into its folder and returns its path. */
export function fetchMedia(request: MediaRequest, context: MediaContext): Promise<string> {
  const attempt = () =>
    fetchOnce(request, context).catch((error: unknown) => throwNamed(error, request.stem));
  return withRetry(attempt, context.retry, context.signal);
}

/**
 * Returns the extension of an image, video or sound by its first bytes, or else by its content type: the name in a URL
 * proves nothing. Undefined for other files.
 */
export function extensionOf(beginning: Buffer, contentType: string | undefined): string | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return extensionBySignature(beginning) ?? BY_CONTENT_TYPE.get(type);
}

/** A network error names only the host, and several images are fetched at a time. */
function throwNamed(error: unknown, stem: string): never {
  if (!(error instanceof NetworkError)) throw error;
  throw new NetworkError(error.code, `Image ${stem}: ${error.message}`, { cause: error });
}

async function fetchOnce(
  { url, directory, stem }: MediaRequest,
  { http, signal, mediaBuffers, lock }: MediaContext,
): Promise<string> {
  const temporary = temporaryPath(join(directory, stem), lock);
  const limits = { readSize: READ_SIZE, minBytesPerSecond: MIN_BYTES_PER_SECOND };
  const response = await http.getFollowing(url, { signal, ...limits });
  try {
    if (response.status !== 200) throw statusError(response, `Image ${stem}`);
    checkContentEncoding(`Image ${stem}`, response.header('content-encoding'));
    const beginning = await save(response, temporary, mediaBuffers, `Image ${stem}`, signal);
    const extension = extensionOf(beginning, response.header('content-type'));
    if (!extension || beginning.length === 0)
      throw new ContentError('wrong-kind', `Image ${stem}: ${url.host} sent neither an image nor a video.`);
    const target = join(directory, `${stem}.${extension}`);
    await retryWhileBusy(target, () => renameSync(temporary, target), { signal });
    return target;
  } catch (error) {
    tryRemove(temporary);
    throw toFileSystemError(error, join(directory, stem), 'write');
  } finally {
    response.close();
  }
}

async function save(
  response: HttpResponse,
  path: string,
  buffers: BufferPool,
  subject: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const file = await retryWhileBusy(path, () => withParentDir(path, () => createFile(path)), { signal });
  try {
    const write = (block: Buffer) => retryWhileBusy(path, () => writeFileSync(file, block), { signal });
    const writer = new WriteBuffer(write, 0, buffers);
    const beginning = Buffer.alloc(SIGNATURE_LENGTH);
    let kept = 0;
    let size = 0;
    await response.receive((chunk) => {
      if (kept < SIGNATURE_LENGTH) {
        const first = chunk.subarray(0, SIGNATURE_LENGTH - kept);
        beginning.set(first, kept);
        kept += first.length;
      }
      size += chunk.length;
      if (size > MAX_IMAGE_BYTES) assertSize(size, subject, beginning, response);
      return writer.add(chunk);
    });
    await writer.flush();
    assertSameFile(file, path);
    return beginning.subarray(0, kept);
  } finally {
    closeSync(file);
  }
}

/** @throws ContentError `too-long` */
function assertSize(size: number, subject: string, beginning: Buffer, response: HttpResponse): void {
  const extension = extensionOf(beginning, response.header('content-type')) ?? 'jpeg';
  const maxBytes = IMAGE_EXTENSIONS.has(extension) ? MAX_IMAGE_BYTES : MAX_VIDEO_BYTES;
  if (size <= maxBytes) return;
  const problem = `${subject}: ${response.url.host} sent more than ${maxBytes / 1024 / 1024} MiB.`;
  throw new ContentError('too-long', problem);
}

function extensionBySignature(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('GIF8')) return 'gif';
  if (text.startsWith('RIFF')) return { WEBP: 'webp', WAVE: 'wav' }[text.slice(8, 12)];
  if (text.startsWith('ftyp', 4)) return text.slice(8, 11) === 'avi' ? 'avif' : 'mp4';
  if (text.startsWith('\x1aE\xdf\xa3')) return 'webm';
  return text.startsWith('ID3') || /^\xff[\xe2\xe3\xf2\xf3\xfa\xfb]/.test(text) ? 'mp3' : undefined;
}
