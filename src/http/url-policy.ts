import { NetworkError } from '../errors.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}

/** Whether a URL is https, or http on this machine. */
export function isFetchable(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** @throws NetworkError `untrusted` */
export function assertFetchable(url: URL): void {
  if (isFetchable(url)) return;
  throw new NetworkError('untrusted', `Refused to fetch ${redactUrl(url)}: it is not https.`);
}

/**
 * Resolves the target of a redirect.
 * @throws NetworkError `untrusted` if the target must not be fetched, or leads from https to http, even on loopback
 */
export function redirectTarget(from: URL, location: string): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!url) throw new NetworkError('untrusted', `${from.host} redirects to an invalid URL.`);
  if (from.protocol === 'https:' && url.protocol !== 'https:') {
    throw new NetworkError(
      'untrusted',
      `Refused a redirect from ${from.host} to ${redactUrl(url)}: it is not https.`,
    );
  }
  assertFetchable(url);
  return url;
}

/** Returns a URL for output, without the query and the user part, which may contain credentials. */
export function redactUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search ? '?…' : ''}`;
}
