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
/** Codes of sockets only, since the sink of a body may fail with those of a disk. */
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
 * Converts an error of a request to a NetworkError, which names the host but never the URL's query. Returns the reason
 * of an aborted signal, and any error that is not of the network, unchanged.
 */
export function toNetworkError(
  error: unknown,
  { host }: { readonly host: string },
  signal: AbortSignal,
): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof CivitdlError) return error;
  const { code, syscall } = systemError(error);
  if (TIMEOUTS.has(code))
    return new NetworkError('timeout', `${capitalize(host)} did not answer in time.`, { cause: error });
  // A firewall refuses to connect with codes that disks also use.
  if (syscall === 'connect' || UNREACHABLE.has(code) || code.startsWith('EAI_')) {
    return new NetworkError('unreachable', `Cannot reach ${host} (${code}).`, { cause: error });
  }
  if (isCertificateCode(code)) {
    return new NetworkError('untrusted', `The certificate of ${host} is not trusted (${code}).`, {
      cause: error,
    });
  }
  if (BROKEN.has(code) || isParserError(error) || /^(UND_ERR|HPE_|ERR_SSL)/.test(code)) {
    return new NetworkError('broken', `The connection to ${host} broke (${code || 'not HTTP'}).`, {
      cause: error,
    });
  }
  return error;
}

/** undici gives some of the errors of its parser no code, and asserts what servers may violate, such as a status of 000. */
function isParserError(error: unknown): boolean {
  return error instanceof Error && /^(HTTPParserError|AssertionError)$/.test(error.name);
}

/** Returns the error of a connection that the peer closed too early. */
export function closedError(): Error {
  return Object.assign(new Error('The peer closed the connection.'), { code: 'ECONNRESET' });
}

/** Returns the error of a peer that does not send HTTP. */
export function malformedError(): Error {
  return Object.assign(new Error('The response is not valid HTTP.'), { code: 'HPE_INVALID' });
}

/** Returns the error of a wait for a peer that has ended. */
export function timeoutError(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}

/** Only a proxy's name begins with a word: a host is written as it is. */
export function capitalize(text: string): string {
  return text.replace(/^the /, 'The ');
}

/** Codes of Node's TLS verification, which are OpenSSL's X509 error names. */
function isCertificateCode(code: string): boolean {
  return /CERT|^UNABLE_TO_|^ERR_TLS|^HOSTNAME_MISMATCH/.test(code);
}

/** Returns the code of an error or its cause. A host with several addresses fails with the errors of all of them. */
function systemError(error: unknown): { readonly code: string; readonly syscall?: unknown } {
  if (!(error instanceof Error)) return { code: '' };
  // undici's parser gives no code for a peer that does not speak HTTP.
  if (error.name === 'HTTPParserError') return { code: 'HPE_INVALID' };
  if (error instanceof AggregateError) return systemError(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') {
    return { code: error.code, syscall: 'syscall' in error ? error.syscall : undefined };
  }
  return systemError(error.cause);
}
