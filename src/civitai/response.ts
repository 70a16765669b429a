import type { z } from 'zod';
import { AccessError, type CivitdlError, NotFoundError, RateLimitError, ServerError } from '../errors.js';
import type { HttpResponse } from '../http/client.js';
import { guardError, isGuardResponse, isHtml } from '../http/guard.js';
import { stripControlChars } from '../text.js';
import { JsonLimits } from './json-limits.js';
import { isRecord } from './schema-rules.js';

/** Generation data can have megabytes, but a response must not fill the memory. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_MESSAGE_LENGTH = 300;
const MAX_LEFT_OUT_LINES = 20;
const MAX_TEXT_LENGTH = 1_000;

/** Each field is one line without control characters. */
export interface ErrorBody {
  readonly message: string | undefined;
  readonly error: string | undefined;
  readonly deadline: string | undefined;
  /** Whether it is a web page, which the API never sends. */
  readonly isPage: boolean;
  /** The beginning of the body, whatever it is. */
  readonly text: string;
}

export interface Parsed<T> {
  readonly data: T;
  /** The JSON as it was sent. */
  readonly json: unknown;
}

/** Returns the error of a response, if its status has a meaning of its own on a route. */
export type ExplainRefusal = (response: HttpResponse, body: ErrorBody) => CivitdlError | undefined;

/**
 * Parses a response of the API.
 * @param subject the requested thing as the subject of a sentence: `Model 66`
 * @throws AccessError, NotFoundError, RateLimitError, ServerError by status, or ServerError `bad-answer`
 */
export async function parseResponse<T>(
  response: HttpResponse,
  schema: z.ZodType<T>,
  subject: string,
  explain: ExplainRefusal = () => undefined,
): Promise<Parsed<T>> {
  if (response.status !== 200) {
    const body = await readErrorBody(response);
    // A page comes from a guard, whose statuses mean nothing of the route.
    const isGuarded = body.isPage || isGuardResponse(response);
    throw (isGuarded ? undefined : explain(response, body)) ?? statusError(response, body, subject);
  }
  const json = parseJson(await readText(response, MAX_RESPONSE_BYTES));
  const parsed = schema.safeParse(json);
  if (parsed.success) return { data: parsed.data, json };
  const failure = transientFailure(json);
  if (failure !== undefined)
    throw new ServerError(
      'server',
      `${subject}: ${response.url.host} sent an invalid response (${failure}).`,
    );
  const [issue] = parsed.error.issues;
  const place = issue?.path.length ? ` at ${issue.path.join('.')}` : '';
  throw new ServerError(
    'bad-answer',
    `${subject}: ${response.url.host} sent an invalid response${place} (${issue?.message}).`,
  );
}

/** Describes what a strict schema refuses in a response: it was left out. */
export function leftOutLines(strict: z.ZodType, json: unknown): readonly string[] {
  const issues = strict.safeParse(json).error?.issues ?? [];
  const lines = issues
    .slice(0, MAX_LEFT_OUT_LINES)
    .map(({ path, message }) => stripControlChars(`left out ${path.join('.')} (${message})`));
  const more = issues.length - lines.length;
  return more > 0 ? [...lines, `left out ${more} more`] : lines;
}

/** Returns why a body may be another one the next time: a page, half a response, or an error with the status 200. */
function transientFailure(json: unknown): string | undefined {
  if (json === undefined) return 'not JSON';
  const error = typeof json === 'object' && json !== null ? Reflect.get(json, 'error') : undefined;
  if (error === undefined || error === null) return undefined;
  return typeof error === 'string' ? stripControlChars(error).slice(0, MAX_MESSAGE_LENGTH) : 'an error';
}

/** Converts the status of a response into an error, for routes that have no special meaning for it. */
export function statusError(response: HttpResponse, body: ErrorBody, subject: string): CivitdlError {
  const { status, retryAfterMs } = response;
  const detail = body.message ? ` (${body.message})` : '';
  if (isGuardResponse(response) || (status === 403 && body.isPage)) return guardError(response, subject);
  // The API says in JSON what is missing.
  if (body.isPage && (status === 404 || status === 410))
    return new ServerError('server', `${subject}: ${response.url.host} sent a web page (status ${status}).`);
  if (status === 404) return new NotFoundError('not-found', `${subject} was not found${detail}.`);
  if (status === 410)
    return new NotFoundError('archived', `${subject} is archived and can no longer be downloaded.`);
  if (status === 429)
    return new RateLimitError('rate-limited', `${subject}: too many requests${detail}.`, { retryAfterMs });
  if (status === 451)
    return new AccessError('region-blocked', `${subject}: Civitai is not available in your region${detail}.`);
  if (status === 401 || status === 403)
    return new AccessError('no-access', `${subject}: access denied${detail}.`);
  if (status === 408 || status >= 500) {
    return new ServerError('server', `${subject}: the server failed with status ${status}${detail}.`, {
      retryAfterMs,
    });
  }
  return new ServerError('bad-answer', `${subject}: unexpected status ${status}${detail}.`);
}

/** Reads the body of an error response. A body that is too long or breaks off counts as empty. */
export async function readErrorBody(response: HttpResponse): Promise<ErrorBody> {
  const text = await readText(response, MAX_ERROR_BYTES).catch(() => '');
  const json = parseJson(text);
  const field = (name: string) => {
    const value = typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
    return oneLine(value);
  };
  const error = field('error');
  const isPage = json === undefined && (isHtml(response) || /^\s*<(!doctype|html|head|body)/i.test(text));
  return {
    error,
    message: field('message') ?? error ?? oneLine(nestedMessage(json)),
    deadline: field('deadline'),
    isPage,
    text: text.slice(0, MAX_TEXT_LENGTH),
  };
}

function oneLine(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim()
    ? stripControlChars(value).slice(0, MAX_MESSAGE_LENGTH)
    : undefined;
}

/** Reads an error that is an object: of the site's own routes, or of a check of parameters, perhaps as JSON in a text. */
function nestedMessage(json: unknown): unknown {
  const error = isRecord(json) ? json.error : json;
  const inner = isRecord(error) && isRecord(error.json) ? error.json : error;
  const message = isRecord(inner) ? inner.message : undefined;
  const listed = typeof message === 'string' ? parseJson(message) : undefined;
  const issues = [listed, isRecord(inner) ? inner.issues : undefined, inner].find(Array.isArray);
  const issue: unknown = issues?.[0];
  if (!isRecord(issue)) return message;
  const place = Array.isArray(issue.path) ? issue.path.join('.') : '';
  return place === '' ? issue.message : `${place}: ${issue.message}`;
}

async function readText(response: HttpResponse, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  const limits = new JsonLimits();
  let size = 0;
  await response.receive((chunk) => {
    size += chunk.length;
    const excess = size > maxBytes ? `a response of more than ${maxBytes} bytes` : limits.add(chunk);
    if (excess) throw new ServerError('bad-answer', `${response.url.host} sent ${excess}.`);
    chunks.push(Buffer.from(chunk));
    return undefined;
  });
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
