import { NetworkError } from '../errors.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL names this machine itself, the only place where plain http is accepted. */
function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}

/** Whether a URL may be fetched: over https, or over http on loopback. */
export function isFetchable(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** @throws NetworkError `untrusted` */
export function assertFetchable(url: URL): void {
  if (isFetchable(url)) return;
  throw new NetworkError('untrusted', `Refused to fetch ${redactUrl(url)}: it is not https.`);
}

/**
 * Where a redirect leads, resolved against the URL that gave it.
 * @throws NetworkError `untrusted` when it leads out of https, be it to this machine's own plain http
 */
export function redirectTarget(from: URL, location: string): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!url) throw new NetworkError('untrusted', `${from.host} redirects to something that is no URL.`);
  const downgrade = from.protocol === 'https:' && url.protocol !== 'https:';
  if (downgrade) {
    throw new NetworkError(
      'untrusted',
      `Refused a redirect from ${from.host} to ${redactUrl(url)}: it is not https.`,
    );
  }
  assertFetchable(url);
  return url;
}

/** A URL fit to be shown or logged: the query and the user part may be credentials, so they are left out. */
export function redactUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search ? '?…' : ''}`;
}
