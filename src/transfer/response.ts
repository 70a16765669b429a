import { type CivitdlError, ContentError, NotFoundError, RateLimitError, ServerError } from '../errors.js';
import type { HttpResponse } from '../http/client.js';
import { guardError, isGuardResponse } from '../http/guard.js';
import { parseContentRange, parseUnsatisfiedRange } from './byte-ranges.js';
import { checkContentType } from './content-check.js';

/** The part of the file in a response's body; `end` and `total` are undefined if the server does not report them. */
export interface BodyRange {
  readonly start: number;
  readonly end: number | undefined;
  readonly total: number | undefined;
}

export interface ExpectedBody {
  readonly name: string;
  readonly start: number;
  /** Size of the whole file as the host said before. */
  readonly size: number | undefined;
  /** Whether a checksum decides what is the file: then the labels of the response are only hints. */
  readonly hasProof: boolean;
}

/** The host rejected a signed URL. A new one may work. */
export class UrlExpired extends ServerError {}

/**
 * Returns the range of a response's body. If its start is not the requested one, the host sends the whole file.
 * @throws ContentError if it is not the requested file, UrlExpired, or the error of the status
 */
export function checkResponse(response: HttpResponse, expected: ExpectedBody): BodyRange {
  const body = readBodyRange(response, expected);
  const isOtherSize = body.total !== undefined && expected.size !== undefined && body.total !== expected.size;
  // A page that comes in place of a part must not cost the parts that are there.
  if (isOtherSize || body.start !== expected.start) assertLabels(response, expected.name);
  if (isOtherSize) {
    throw new ContentError(
      'wrong-size',
      `${expected.name}: expected ${expected.size} bytes, but ${response.url.host} offers ${body.total}.`,
    );
  }
  return body;
}

function readBodyRange(response: HttpResponse, expected: ExpectedBody): BodyRange {
  if (response.status === 416) return unsatisfiedRange(response, expected);
  if (response.status !== 200 && response.status !== 206) throw rejectionError(response, expected.name);
  if (!expected.hasProof) assertLabels(response, expected.name);
  return response.status === 206 ? partialBody(response, expected) : wholeBody(response);
}

function assertLabels(response: HttpResponse, name: string): void {
  checkContentType(name, response.header('content-type'), response.header('content-encoding'));
}

function wholeBody(response: HttpResponse): BodyRange {
  const length = response.header('content-length');
  const total = length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
  return { start: 0, end: total, total };
}

function partialBody(response: HttpResponse, { name, start }: ExpectedBody): BodyRange {
  const range = parseContentRange(response.header('content-range'));
  const length = response.header('content-length');
  const isWhole = range && (length === undefined || Number(length) === range.end - range.start);
  if (range?.start === start && isWhole) return range;
  assertLabels(response, name);
  throw new ContentError(
    'wrong-range',
    `${name}: ${response.url.host} sent a different part of the file than requested.`,
  );
}

/** The part file is complete if it has the reported size. Otherwise the file on the server has become shorter. */
function unsatisfiedRange(response: HttpResponse, { name, start }: ExpectedBody): BodyRange {
  const total = parseUnsatisfiedRange(response.header('content-range'));
  if (total === start) return { start, end: start, total };
  throw new ContentError('wrong-range', `${name}: the file on ${response.url.host} has changed.`);
}

function rejectionError(response: HttpResponse, name: string): Error {
  const { status, url } = response;
  // A new URL would cost a download, and would be refused as well.
  if (isGuardResponse(response)) return guardError(response, name);
  if (status !== 401 && status !== 403 && status !== 410) return statusError(response, name);
  return new UrlExpired('bad-answer', `${name}: ${url.host} rejected the download URL (status ${status}).`);
}

/** Returns the error for a status of a storage or image host. */
export function statusError(response: HttpResponse, subject: string): CivitdlError {
  const { status, url, retryAfterMs } = response;
  if (isGuardResponse(response)) return guardError(response, subject);
  if (status === 404 || status === 410)
    return new NotFoundError('file-not-found', `${subject} was not found on ${url.host}.`);
  if (status === 429)
    return new RateLimitError('rate-limited', `${subject}: too many requests to ${url.host}.`, {
      retryAfterMs,
    });
  if (status === 408 || status >= 500) {
    return new ServerError('server', `${subject}: ${url.host} failed with status ${status}.`, {
      retryAfterMs,
    });
  }
  return new ServerError('bad-answer', `${subject}: unexpected status ${status} from ${url.host}.`);
}
