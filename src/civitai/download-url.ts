import { AccessError, NetworkError, NotFoundError, RateLimitError, ServerError } from '../errors.js';
import { type Http, type HttpResponse, isRedirect } from '../http/client.js';
import type { RetryPolicy } from '../http/retry.js';
import { redirectTarget } from '../http/url-policy.js';
import { type ErrorBody, readErrorBody, statusError } from './response.js';

/** Which file to ask the download route for. */
export interface FileAddress {
  readonly versionId: number;
  readonly fileId: number;
  /** Shown in errors. */
  readonly name: string;
  /** The API's own URL for it, of which only the selectors in the query are used. */
  readonly downloadUrl?: string | undefined;
}

interface Route {
  readonly http: Http;
  readonly baseUrl: URL;
  readonly hasKey: boolean;
  readonly sleep: RetryPolicy['sleep'];
}

/** Milliseconds until a file that was not found is asked for again: its storage may have failed to answer for a moment. */
const NOT_FOUND_DELAY_MS = 1_500;
const SELECTORS = ['type', 'format', 'size', 'fp', 'quantType', 'fileId'];

/**
 * Asks the download route for a file's signed URL, once: each answered redirect counts against the user's daily
 * limit. By file id, since without it the account's preferences decide which file of the version comes. A file that
 * is not found is asked for a second time: by the selectors of the API's own URL where it has any, since a linked
 * VAE's id belongs to another version. Other failures are left to the transfer, whose retries they use up.
 */
export async function getDownloadUrl(route: Route, file: FileAddress, signal: AbortSignal): Promise<URL> {
  const path = `/api/download/models/${file.versionId}`;
  const byId = new URL(`${path}?fileId=${file.fileId}`, route.baseUrl);
  const ask = (url: URL) => askOnce(route, url, file, signal);
  try {
    return await ask(byId);
  } catch (error) {
    if (!(error instanceof NotFoundError) || error.code !== 'not-found') throw error;
    const selectors = selectorsOf(file.downloadUrl);
    if (!selectors) await route.sleep(NOT_FOUND_DELAY_MS, signal);
    return await ask(selectors ? new URL(`${path}?${selectors}`, route.baseUrl) : byId);
  }
}

function selectorsOf(downloadUrl: string | undefined): string {
  if (!downloadUrl || !URL.canParse(downloadUrl)) return '';
  const given = new URL(downloadUrl).searchParams;
  return new URLSearchParams([...given].filter(([name]) => SELECTORS.includes(name))).toString();
}

async function askOnce(route: Route, url: URL, file: FileAddress, signal: AbortSignal): Promise<URL> {
  const response = await route.http.get(url, { signal });
  if (!isRedirect(response)) throw await refusedError(route, response, file, signal);
  response.close();
  const target = redirectTarget(url, response.header('location') ?? '');
  const page = /^\/(?<page>login|model-versions)(\/|$)/.exec(target.pathname)?.groups?.page;
  if (page === 'login') throw await loginError(route, file, signal);
  if (page) throw earlyAccess(file, undefined);
  return target;
}

/** Tells the refusals apart. The route uses 401 and 403 for several things that only their texts distinguish. */
async function refusedError(
  route: Route,
  response: HttpResponse,
  file: FileAddress,
  signal: AbortSignal,
): Promise<Error> {
  const body = await readErrorBody(response);
  const subject = subjectOf(file);
  if (response.status === 401) {
    return isDisabled(body)
      ? new AccessError('downloads-disabled', `${subject}: its creator has disabled downloads.`)
      : loginError(route, file, signal);
  }
  if (response.status === 403 && body.error === 'Early Access') return earlyAccess(file, body.deadline);
  if (response.status === 429 && response.retryAfterMs === undefined) {
    return new RateLimitError('daily-limit', `${subject}: Civitai's limit of downloads per day is reached.`);
  }
  if (response.status < 300) {
    return new ServerError('bad-answer', `${subject}: Civitai answered with a page instead of the file.`);
  }
  return statusError(response, body, subject);
}

function subjectOf(file: FileAddress): string {
  return `File ${file.name} of model version ${file.versionId}`;
}

function isDisabled(body: ErrorBody): boolean {
  return /disabled/i.test(body.message ?? '');
}

function earlyAccess(file: FileAddress, deadline: string | undefined): AccessError {
  const until = deadline ? `until ${deadline.slice(0, 10)}` : 'and has to be bought';
  return new AccessError('early-access', `${subjectOf(file)} is in early access ${until}.`);
}

/** The route says the same of no key and of a bad one, so the account's own route is asked which it is. */
async function loginError(route: Route, file: FileAddress, signal: AbortSignal): Promise<AccessError> {
  const subject = subjectOf(file);
  if (!route.hasKey)
    return new AccessError('key-missing', `${subject} can only be downloaded with an API key.`);
  switch (await isKeyGood(route, signal)) {
    case false:
      return new AccessError(
        'key-wrong',
        `${subject} needs an API key, and Civitai refuses the one given: it is wrong, expired or revoked.`,
      );
    case true:
      return new AccessError('no-access', `${subject}: the account of the API key has no access to it.`);
    case undefined:
      return new AccessError(
        'key-unclear',
        `${subject} was refused, and Civitai does not tell at the moment whether the API key is right.`,
      );
  }
}

/** Undefined where the account can't be looked up: nothing is known of the key then. */
async function isKeyGood({ http, baseUrl }: Route, signal: AbortSignal): Promise<boolean | undefined> {
  try {
    const response = await http.get(new URL('/api/v1/me', baseUrl), { signal });
    response.close();
    if (response.status === 401 || response.status === 403) return false;
    return response.status === 200 ? true : undefined;
  } catch (error) {
    if (error instanceof NetworkError) return undefined;
    throw error;
  }
}
