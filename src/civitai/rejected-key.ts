import { AccessError, type KeyOrigin } from '../errors.js';

/** The key of the moment, without its text. */
export interface KeyState {
  readonly hasKey: boolean;
  readonly keyFrom: KeyOrigin | undefined;
}

/**
 * Returns the error of a request whose key Civitai rejects.
 * @param subject with its verb: `The favorites need`
 */
export function rejectedKeyError(subject: string, keyFrom: KeyOrigin | undefined): AccessError {
  const message = `${subject} a valid API key. Civitai rejects ${nameKey(keyFrom)}: it is wrong, expired or revoked.`;
  return new AccessError('key-wrong', message, { keyFrom });
}

function nameKey(keyFrom: KeyOrigin | undefined): string {
  if (keyFrom === undefined) return 'the given one';
  return keyFrom === 'stored' || keyFrom === 'typed' ? `the ${keyFrom} one` : `the one in ${keyFrom}`;
}
