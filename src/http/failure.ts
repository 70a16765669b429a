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
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

/**
 * Turns what a request threw into an error of our own: which host, what happened, never the URL's query.
 * An error that is ours already, and the reason of an aborted signal, pass unchanged.
 */
export function failure(error: unknown, url: URL, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof CivitdlError) return error;
  const code = errorCode(error);
  if (TIMEOUTS.has(code))
    return new NetworkError('timeout', `No answer from ${url.host} in time.`, { cause: error });
  if (UNREACHABLE.has(code)) {
    return new NetworkError('unreachable', `Can't reach ${url.host} (${code}).`, { cause: error });
  }
  if (isCertificateCode(code)) {
    return new NetworkError('untrusted', `The certificate of ${url.host} is not trusted (${code}).`, {
      cause: error,
    });
  }
  if (/^(UND_ERR|HPE_|ERR_SSL)|^E[A-Z]+$/.test(code)) {
    return new NetworkError('broken', `The connection to ${url.host} broke (${code}).`, { cause: error });
  }
  return error;
}

/** Codes of Node's TLS verification, which come from OpenSSL's X509 error names. */
function isCertificateCode(code: string): boolean {
  return /CERT|^UNABLE_TO_|^ERR_TLS|^HOSTNAME_MISMATCH/.test(code);
}

/** The code of an error or of the first error behind it that has one: a connection tried on several addresses fails with all of theirs. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return errorCode(error.cause);
}
