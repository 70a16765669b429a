import { NetworkError } from '../errors.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
/** Further names and addresses that lead to this machine. */
const THIS_MACHINE = /^(.*\.localhost|0\.0\.0\.0|::|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}|::ffff:0:0)$/;

/** Returns the host of a URL as sockets need it: an IPv6 address without brackets, a name without a dot at its end. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$|\.$/g, '');
}

/** Whether a URL leads to this machine by its name or address. */
export function isLoopback(url: URL): boolean {
  const host = hostOf(url);
  return LOOPBACK.test(host) || THIS_MACHINE.test(host);
}

/** Whether a URL is https, or http on this machine. */
export function isFetchable(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(hostOf(url)));
}

/**
 * @param base the API's URL: what an https API names is https, and what another machine names is not on this one
 * @throws NetworkError `untrusted`
 */
export function assertFetchable(url: URL, base?: URL): void {
  if (!isFetchable(url) || (base?.protocol === 'https:' && url.protocol !== 'https:'))
    throw new NetworkError('untrusted', `Refused to fetch ${redactUrl(url)}: it is not https.`);
  if (base && isLoopback(url) && !isLoopback(base))
    throw new NetworkError('untrusted', `Refused to fetch ${redactUrl(url)}: it leads to this machine.`);
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
  assertFetchable(url, from);
  return url;
}

/** Returns a URL for output, without the query and the user part, which may contain credentials. */
export function redactUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search ? '?…' : ''}`;
}
