import { type CivitdlError, ContentError, NotFoundError, RateLimitError, ServerError } from '../errors.js';
import type { HttpResponse } from '../http/client.js';
import { parseContentRange, parseUnsatisfiedRange } from './byte-ranges.js';
import { checkContentType } from './content-check.js';

/** What a response's body holds of the file: from byte `start` up to `end`, where the server says. */
export interface BodyRange {
  readonly start: number;
  readonly end: number | undefined;
  /** Bytes of the whole file, where the server says. */
  readonly total: number | undefined;
}

/** What is known of the file before the response. */
export interface ExpectedBody {
  readonly name: string;
  /** The byte from which on the response was asked for. */
  readonly start: number;
  /** Bytes of the whole file. */
  readonly size: number | undefined;
}

/** The host does not accept the URL any more: a fresh one may do. */
export class UrlExpired extends ServerError {}

/**
 * Decides from a response's head what its body is, before any byte of it is taken. A start that is not the one asked
 * for means that the host sends the whole file.
 * @throws ContentError when it is not the file asked for, UrlRefused, or what its status stands for
 */
export function checkResponse(response: HttpResponse, expected: ExpectedBody): BodyRange {
  const offer = readBodyRange(response, expected);
  if (offer.total !== undefined && expected.size !== undefined && offer.total !== expected.size) {
    throw new ContentError(
      'wrong-size',
      `${expected.name}: should have ${expected.size} bytes, but ${response.url.host} offers ${offer.total}.`,
    );
  }
  return offer;
}

function readBodyRange(response: HttpResponse, expected: ExpectedBody): BodyRange {
  if (response.status === 416) return unsatisfiedRange(response, expected);
  if (response.status !== 200 && response.status !== 206) throw refusedError(response, expected.name);
  checkContentType(expected.name, response.header('content-type'), response.header('content-encoding'));
  return response.status === 206 ? partialBody(response, expected) : wholeBody(response);
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
  throw new ContentError(
    'wrong-range',
    `${name}: ${response.url.host} sent another part of the file than asked for.`,
  );
}

/** Nothing is left to send when all is there already; else the file has become shorter, which makes it another one. */
function unsatisfiedRange(response: HttpResponse, { name, start }: ExpectedBody): BodyRange {
  const total = parseUnsatisfiedRange(response.header('content-range'));
  if (total === start) return { start, end: start, total };
  throw new ContentError('wrong-range', `${name}: the file on ${response.url.host} has changed.`);
}

function refusedError(response: HttpResponse, name: string): Error {
  const { status, url } = response;
  if (status !== 401 && status !== 403 && status !== 410) return statusError(response, name);
  return new UrlExpired(
    'bad-answer',
    `${name}: ${url.host} refuses the URL that leads to it (status ${status}).`,
  );
}

/**
 * The error that a status of a storage or image host stands for.
 * @param subject what was asked for, as the subject of a sentence
 */
export function statusError({ status, url, retryAfterMs }: HttpResponse, subject: string): CivitdlError {
  if (status === 404 || status === 410)
    return new NotFoundError('not-found', `${subject} was not found on ${url.host}.`);
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
