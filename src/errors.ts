/**
 * Everything that can go wrong in a way that a user can act on. One class per kind; `code` tells the cases
 * of a kind apart, so that a caller can react without reading the message. The message says what happened
 * and never holds a key or the query of a signed URL. What to do about it is said by the command line, by code.
 */
export abstract class CivitdlError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The command was typed wrongly: nothing was done. */
export class UsageError extends CivitdlError<'usage' | 'bad-source'> {}

export type AccessCode =
  | 'key-missing'
  | 'key-wrong'
  | 'key-unclear'
  | 'downloads-disabled'
  | 'early-access'
  | 'no-access'
  | 'region-blocked';

/** The server knows the thing asked for and does not give it to this caller (401, 403, 451). */
export class AccessError extends CivitdlError<AccessCode> {}

/** The thing asked for is not there (404), or not any more (410), or the request names nothing (400). */
export class NotFoundError extends CivitdlError<'not-found' | 'archived' | 'no-such-file'> {}

/** No answer: no connection, a broken one, nothing received for too long, or a peer that is not to be trusted. */
export class NetworkError extends CivitdlError<'unreachable' | 'broken' | 'timeout' | 'untrusted'> {}

/** What a server may say about when to ask again. */
export interface RetryHint extends ErrorOptions {
  /** Milliseconds to wait, from a `Retry-After` header (RFC 9110, section 10.2.3). */
  readonly retryAfterMs?: number | undefined;
}

/** An answer that is the server's fault (5xx), or one that makes no sense. */
export class ServerError extends CivitdlError<'server' | 'bad-answer'> {
  readonly retryAfterMs: number | undefined;

  constructor(code: 'server' | 'bad-answer', message: string, options: RetryHint = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The server wants fewer requests (429); with code `daily-limit`, waiting a little does not help. */
export class RateLimitError extends CivitdlError<'rate-limited' | 'daily-limit'> {
  readonly retryAfterMs: number | undefined;

  constructor(code: 'rate-limited' | 'daily-limit', message: string, options: RetryHint = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Bytes arrived, but not those of the file on offer. */
export class ContentError extends CivitdlError<
  'wrong-kind' | 'wrong-size' | 'wrong-range' | 'too-long' | 'wrong-checksum' | 'changed'
> {}

/** The disk refused; `too-little-space` is said before anything is written. */
export class FileSystemError extends CivitdlError<
  'no-space' | 'too-little-space' | 'not-permitted' | 'file-system' | 'locked'
> {}

/** A configuration file that cannot be used as it is. */
export class ConfigError extends CivitdlError<'bad-config' | 'newer-config' | 'python-config'> {}

/** A sorter that can't be used (`bad-sorter`), or that did not say where the files of a model go. */
export class SorterError extends CivitdlError<'bad-sorter' | 'sorter-failed'> {}

/** The user, or a signal, ended the run. */
export class InterruptedError extends CivitdlError<'interrupted'> {
  constructor(options?: ErrorOptions) {
    super('interrupted', 'Interrupted.', options);
  }
}
