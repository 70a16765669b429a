/** An error that a user can act on. Its message never contains a key or the query of a signed URL. */
export abstract class CivitdlError<Code extends string = string> extends Error {
  /** Tells the cases of a class apart; hints depend on it. */
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The command was typed wrongly, and nothing was done. */
export class UsageError extends CivitdlError<'usage' | 'bad-source'> {}

export type AccessCode =
  | 'key-missing'
  | 'key-wrong'
  | 'key-unclear'
  | 'downloads-disabled'
  | 'early-access'
  | 'no-access'
  | 'region-blocked';

/** The server refuses access to an existing resource (401, 403, 451). */
export class AccessError extends CivitdlError<AccessCode> {
  /** Where a rejected key comes from, if known. */
  readonly keyFrom: KeyOrigin | undefined;

  constructor(
    code: AccessCode,
    message: string,
    options: ErrorOptions & { readonly keyFrom?: KeyOrigin | undefined } = {},
  ) {
    super(code, message, options);
    this.keyFrom = options.keyFrom;
  }
}

/** `stored`, `typed`, or the name of the variable that has the key. */
export type KeyOrigin = string;

/**
 * The resource does not exist (404), was removed (410), or cannot be named like this (400). `file-not-found` is the
 * answer of a download, which may only mean that the storage is unavailable. `no-models`: a picture, a
 * post or a collection names none.
 */
export class NotFoundError extends CivitdlError<
  'not-found' | 'file-not-found' | 'archived' | 'no-such-file' | 'no-such-tag' | 'no-models'
> {}

export type NetworkCode = 'unreachable' | 'broken' | 'timeout' | 'untrusted' | 'proxy-refused';

/** `proxy-refused`: the proxy does not let this user, or this host, pass. */
export class NetworkError extends CivitdlError<NetworkCode> {
  /** Where the proxy that failed comes from; undefined if it was no proxy. */
  readonly proxyFrom: ProxyOrigin | undefined;

  constructor(
    code: NetworkCode,
    message: string,
    options: ErrorOptions & { readonly proxyFrom?: ProxyOrigin | undefined } = {},
  ) {
    super(code, message, options);
    this.proxyFrom = options.proxyFrom;
  }
}

/** `stored`, `typed`, or the name of the variable that names the proxy. */
export type ProxyOrigin = string;

export interface RetryHint extends ErrorOptions {
  /** From a `Retry-After` header (RFC 9110, section 10.2.3). */
  readonly retryAfterMs?: number | undefined;
}

export type ServerCode = 'server' | 'bad-answer' | 'route-changed' | 'guarded';

/**
 * The server failed (`server`: 5xx, or a page instead of its response), sent a response of another shape (`bad-answer`;
 * `route-changed` on a route that is not part of the API), or its guard refused the connection (`guarded`).
 */
export class ServerError extends CivitdlError<ServerCode> {
  readonly retryAfterMs: number | undefined;

  constructor(code: ServerCode, message: string, options: RetryHint = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Too many requests (429); after `daily-limit`, waiting a little does not help. */
export class RateLimitError extends CivitdlError<'rate-limited' | 'daily-limit'> {
  readonly retryAfterMs: number | undefined;

  constructor(code: 'rate-limited' | 'daily-limit', message: string, options: RetryHint = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The received bytes are not the expected file. */
export class ContentError extends CivitdlError<
  'wrong-kind' | 'wrong-size' | 'wrong-range' | 'too-long' | 'wrong-checksum' | 'changed'
> {}

/** The disk refused; `too-little-space` is thrown before anything is written. */
export class FileSystemError extends CivitdlError<
  | 'no-space'
  | 'too-little-space'
  | 'file-too-large'
  | 'not-permitted'
  | 'busy'
  | 'file-system'
  | 'locked'
  | 'target-exists'
> {}

export class ConfigError extends CivitdlError<
  'bad-config' | 'newer-config' | 'python-config' | 'app-settings'
> {}

/** A sorter cannot be used (`bad-sorter`), or did not return the folders of a model (`sorter-failed`). */
export class SorterError extends CivitdlError<'bad-sorter' | 'sorter-failed'> {}

/** Nothing of a model fits the options that select versions and files. Not a failure: the model is passed over. */
export class SelectionError extends CivitdlError<'nothing-fits'> {
  /** The model or version, and what keeps it from fitting: together they are the message. */
  readonly subject: string;
  readonly problem: string;
  /** The flags of these options. */
  readonly flags: readonly string[];

  constructor(subject: string, problem: string, flags: readonly string[] = []) {
    super('nothing-fits', `${subject} ${problem}`);
    this.subject = subject;
    this.problem = problem;
    this.flags = flags;
  }
}

/** A fact about a model that a user should know before the download, and that does not stop it. */
export class CautionError extends CivitdlError<
  'pickle' | 'scan-result' | 'other-base-model' | 'other-type' | 'earlier-version' | 'unknown-type'
> {}

export class InterruptedError extends CivitdlError<'interrupted'> {
  constructor(options?: ErrorOptions, message = 'Interrupted.') {
    super('interrupted', message, options);
  }
}

/** Whether what failed with this error would fail each time: it was deleted, archived or locked, or names nothing. */
export function isFinal(error: unknown): boolean {
  if (error instanceof NotFoundError) return ['not-found', 'archived', 'no-models'].includes(error.code);
  if (error instanceof AccessError) return error.code === 'downloads-disabled';
  return error instanceof UsageError && error.code === 'bad-source';
}
