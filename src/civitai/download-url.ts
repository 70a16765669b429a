import { AccessError, NetworkError, NotFoundError, RateLimitError, ServerError } from '../errors.js';
import { type Http, type HttpResponse, isRedirect } from '../http/client.js';
import { guardError, isGuardResponse, isHtml } from '../http/guard.js';
import type { RetryPolicy } from '../http/retry.js';
import { redirectTarget } from '../http/url-policy.js';
import { type KeyState, rejectedKeyError } from './rejected-key.js';
import { type ErrorBody, readErrorBody, statusError } from './response.js';

export interface FileAddress {
  readonly versionId: number;
  readonly fileId: number;
  readonly name: string;
  /** Only the version in its path and the selectors in its query are used. */
  readonly downloadUrl?: string | undefined;
  /** Whether a checksum can tell that another file came. */
  readonly isVerifiable?: boolean;
}

interface DownloadRoute extends KeyState {
  readonly http: Http;
  readonly baseUrl: URL;
  readonly sleep: RetryPolicy['sleep'];
}

/** The storage of a file that is not found may be unavailable for a moment only. */
const NOT_FOUND_DELAY_MS = 1_500;
/** The host in URLs of the API is sometimes wrong. */
const ANY_ORIGIN = 'https://civitai.com';
const SELECTORS = ['type', 'format', 'size', 'fp', 'quantType', 'fileId'];

/**
 * Requests the signed URL of a file, once: each redirect counts against the user's daily limit. The file id is needed
 * because without it the account's preferences choose the file of the version. A file that is not found is requested
 * a second time, if possible as the API's own URL does: the id of a linked VAE belongs to another version.
 * All other failures are left to the retries of the transfer.
 */
export async function getDownloadUrl(
  route: DownloadRoute,
  file: FileAddress,
  signal: AbortSignal,
): Promise<URL> {
  const byId = new URL(`/api/download/models/${file.versionId}?fileId=${file.fileId}`, route.baseUrl);
  try {
    return await requestOnce(route, byId, file, signal);
  } catch (error) {
    if (!(error instanceof NotFoundError) || error.code !== 'file-not-found') throw error;
    const other = otherAddress(file);
    if (!other?.hasSelectors) await route.sleep(NOT_FOUND_DELAY_MS, signal);
    const url = other ? new URL(other.address, route.baseUrl) : byId;
    return await requestOnce(route, url, file, signal);
  }
}

/**
 * Returns the path and query of the API's own URL, unless it only has the same file id. Without a query, the account's
 * preferences choose the file.
 */
function otherAddress({
  fileId,
  downloadUrl = '',
  isVerifiable,
}: FileAddress): { readonly address: string; readonly hasSelectors: boolean } | undefined {
  if (!URL.canParse(downloadUrl, ANY_ORIGIN)) return undefined;
  const { pathname, searchParams } = new URL(downloadUrl, ANY_ORIGIN);
  if (!/^\/api\/download\/models\/\d+$/.test(pathname)) return undefined;
  const selectors = [...searchParams].filter(([name]) => SELECTORS.includes(name));
  if (selectors.some(([name, value]) => name === 'fileId' && value === String(fileId))) return undefined;
  const query = new URLSearchParams(selectors).toString();
  if (query) return { address: `${pathname}?${query}`, hasSelectors: true };
  return isVerifiable ? { address: pathname, hasSelectors: false } : undefined;
}

async function requestOnce(
  route: DownloadRoute,
  url: URL,
  file: FileAddress,
  signal: AbortSignal,
): Promise<URL> {
  const response = await route.http.get(url, { signal });
  if (!isRedirect(response)) throw await refusedError(route, response, file, signal);
  response.close();
  const target = redirectTarget(url, response.header('location') ?? '');
  const page = /^\/(?<page>login|model-versions)(\/|$)/.exec(target.pathname)?.groups?.page;
  if (page === 'login') throw await loginError(route, file, signal);
  if (page) throw earlyAccessError(file, undefined);
  return target;
}

/** The route uses 401 and 403 for several refusals that only their texts distinguish. */
async function refusedError(
  route: DownloadRoute,
  response: HttpResponse,
  file: FileAddress,
  signal: AbortSignal,
): Promise<Error> {
  const body = await readErrorBody(response);
  const subject = subjectOf(file);
  if (isGuardResponse(response)) return guardError(response, subject);
  if (response.status === 401) {
    return isDisabled(body)
      ? new AccessError('downloads-disabled', `${subject}: its creator has disabled downloads.`)
      : loginError(route, file, signal);
  }
  if (response.status === 403 && body.error === 'Early Access') return earlyAccessError(file, body.deadline);
  if (response.status === 429 && isDailyLimit(body))
    return new RateLimitError('daily-limit', `${subject}: Civitai's daily download limit is reached.`);
  if (response.status < 300)
    return new ServerError('server', `${subject}: Civitai sent a page instead of the file.`);
  const error = statusError(response, body, subject);
  return error instanceof NotFoundError && error.code === 'not-found'
    ? new NotFoundError('file-not-found', error.message)
    : error;
}

/** Any other 429 is a burst of requests, also of those of others behind the same address. */
function isDailyLimit({ text }: ErrorBody): boolean {
  return /unusual amount of download/i.test(text);
}

function subjectOf(file: FileAddress): string {
  return `File ${file.name} of model version ${file.versionId}`;
}

function isDisabled(body: ErrorBody): boolean {
  return /disabled/i.test(body.message ?? '');
}

function earlyAccessError(file: FileAddress, deadline: string | undefined): AccessError {
  const condition = deadline ? `until ${deadline.slice(0, 10)}` : 'and has to be bought';
  return new AccessError('early-access', `${subjectOf(file)} is in early access ${condition}.`);
}

/** The route responds to a missing and to an invalid key alike, so the account's own route has to distinguish them. */
async function loginError(
  route: DownloadRoute,
  file: FileAddress,
  signal: AbortSignal,
): Promise<AccessError> {
  const subject = subjectOf(file);
  if (!route.hasKey)
    return new AccessError('key-missing', `${subject} can only be downloaded with an API key.`);
  switch (await isKeyValid(route, signal)) {
    case false:
      return rejectedKeyError(`${subject} needs`, route.keyFrom);
    case true:
      return new AccessError('no-access', `${subject}: the account of the API key has no access to it.`);
    case undefined:
      return new AccessError(
        'key-unclear',
        `${subject} was refused, and Civitai cannot verify the API key at the moment.`,
      );
  }
}

/** @returns undefined if the account cannot be retrieved, which says nothing about the key */
async function isKeyValid(
  { http, baseUrl }: DownloadRoute,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  try {
    const response = await http.get(new URL('/api/v1/me', baseUrl), { signal });
    response.close();
    if (isGuardResponse(response) || isHtml(response)) return undefined;
    if (response.status === 401 || response.status === 403) return false;
    return response.status === 200 ? true : undefined;
  } catch (error) {
    if (error instanceof NetworkError) return undefined;
    throw error;
  }
}
