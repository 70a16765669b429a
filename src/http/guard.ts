import { ServerError } from '../errors.js';

interface ResponseHead {
  readonly url: URL;
  readonly status: number;
  header(name: string): string | undefined;
}

/**
 * Whether the guard in front of a site answers instead of the site: Cloudflare marks its challenges and blocks with
 * `cf-mitigated`, and sends them as HTML. The refusals of the API and of the storage hosts are JSON, XML or plain text.
 */
export function isGuardResponse(response: ResponseHead): boolean {
  if (response.status < 400) return false;
  return response.header('cf-mitigated') !== undefined || (response.status === 403 && isHtml(response));
}

/** Whether a response is labelled as a web page. */
export function isHtml(response: ResponseHead): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)/i.test(response.header('content-type') ?? '');
}

/** Returns the error of such a response: it says nothing about the resource or the key. */
export function guardError({ url, status }: ResponseHead, subject: string): ServerError {
  const message = `${subject}: the guard of ${url.host} refuses this connection (status ${status}).`;
  return new ServerError('guarded', message);
}
