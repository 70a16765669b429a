import type { z } from 'zod';
import { AccessError, type CivitdlError, NotFoundError, RateLimitError, ServerError } from '../errors.js';
import type { HttpResponse } from '../http/client.js';
import { stripControlChars } from '../text.js';

/** Bytes of an answer of the API: generation data can be megabytes, but no answer fills the memory. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_MESSAGE_LENGTH = 300;

/** What the server said of an error, from whichever of its body shapes, in one plain line; and the parts that tell errors apart. */
export interface ErrorBody {
  readonly message: string | undefined;
  readonly error: string | undefined;
  readonly deadline: string | undefined;
}

/**
 * Parses an answer of the API.
 * @param subject what was asked for, as the subject of a sentence: `Model 66`
 * @throws AccessError, NotFoundError, RateLimitError, ServerError by status, or ServerError `bad-answer`
 */
export async function parseResponse<T>(
  response: HttpResponse,
  schema: z.ZodType<T>,
  subject: string,
): Promise<T> {
  if (response.status !== 200) throw statusError(response, await readErrorBody(response), subject);
  const json = parseJson(await readText(response, MAX_RESPONSE_BYTES));
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.length ? ` at ${issue.path.join('.')}` : '';
  throw new ServerError(
    'bad-answer',
    `${subject}: the answer of ${response.url.host} makes no sense${where} (${issue?.message}).`,
  );
}

/** The error that a status stands for, where nothing more special is known of the route. */
export function statusError(response: HttpResponse, body: ErrorBody, subject: string): CivitdlError {
  const { status, retryAfterMs } = response;
  const said = body.message ? ` (${body.message})` : '';
  if (status === 404) return new NotFoundError('not-found', `${subject} was not found${said}.`);
  if (status === 410)
    return new NotFoundError('archived', `${subject} is archived and can't be downloaded any more.`);
  if (status === 429)
    return new RateLimitError('rate-limited', `${subject}: too many requests${said}.`, { retryAfterMs });
  if (status === 451)
    return new AccessError('region-blocked', `${subject}: Civitai is not available in your region${said}.`);
  if (status === 401 || status === 403)
    return new AccessError('no-access', `${subject}: access refused${said}.`);
  if (status === 408 || status >= 500) {
    return new ServerError('server', `${subject}: the server failed with status ${status}${said}.`, {
      retryAfterMs,
    });
  }
  return new ServerError('bad-answer', `${subject}: unexpected status ${status}${said}.`);
}

/** Reads the body of an error. Only the beginning counts, and a body that breaks off is no further error. */
export async function readErrorBody(response: HttpResponse): Promise<ErrorBody> {
  const text = await readText(response, MAX_ERROR_BYTES).catch(() => '');
  const json = parseJson(text);
  const field = (name: string) => {
    const value = typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
    return typeof value === 'string' && value.trim()
      ? stripControlChars(value).slice(0, MAX_MESSAGE_LENGTH)
      : undefined;
  };
  const error = field('error');
  return { error, message: field('message') ?? error, deadline: field('deadline') };
}

/** @throws ServerError `bad-answer` when there are more than `limit` bytes */
async function readText(response: HttpResponse, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  await response.receive((chunk) => {
    size += chunk.length;
    if (size > limit)
      throw new ServerError('bad-answer', `${response.url.host} sent more than ${limit} bytes of text.`);
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
