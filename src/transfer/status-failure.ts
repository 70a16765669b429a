import { type CivitdlError, NotFoundError, RateLimitError, ServerError } from '../errors.js';
import type { HttpResponse } from '../http/client.js';

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
