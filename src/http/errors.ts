import { CivitdlError, NetworkError } from '../errors.js';

const TIMEOUTS = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);
/** Of a socket: a disk, which takes what is received, has codes of its own. */
const BROKEN = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENETRESET',
  'ENOTCONN',
  'EPROTO',
  'ENOBUFS',
  'ESHUTDOWN',
]);

/**
 * Turns what a request threw into an error of our own: which host, what happened, never the URL's query.
 * An error that is ours already, and the reason of an aborted signal, pass unchanged.
 */
export function toNetworkError(error: unknown, url: URL, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof CivitdlError) return error;
  const { code, syscall } = lowLevel(error);
  if (TIMEOUTS.has(code))
    return new NetworkError('timeout', `No answer from ${url.host} in time.`, { cause: error });
  // A firewall refuses to connect with codes that a disk has, too.
  if (syscall === 'connect' || UNREACHABLE.has(code) || code.startsWith('EAI_')) {
    return new NetworkError('unreachable', `Can't reach ${url.host} (${code}).`, { cause: error });
  }
  if (isCertificateCode(code)) {
    return new NetworkError('untrusted', `The certificate of ${url.host} is not trusted (${code}).`, {
      cause: error,
    });
  }
  if (BROKEN.has(code) || /^(UND_ERR|HPE_|ERR_SSL)/.test(code)) {
    return new NetworkError('broken', `The connection to ${url.host} broke (${code}).`, { cause: error });
  }
  return error;
}

/** Codes of Node's TLS verification, which come from OpenSSL's X509 error names. */
function isCertificateCode(code: string): boolean {
  return /CERT|^UNABLE_TO_|^ERR_TLS|^HOSTNAME_MISMATCH/.test(code);
}

/** An error or the first error behind it that has a code: a connection tried on several addresses fails with all of theirs. */
function lowLevel(error: unknown): { readonly code: string; readonly syscall?: unknown } {
  if (!(error instanceof Error)) return { code: '' };
  if (error instanceof AggregateError) return lowLevel(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') {
    return { code: error.code, syscall: 'syscall' in error ? error.syscall : undefined };
  }
  return lowLevel(error.cause);
}
