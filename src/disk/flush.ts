import { errnoCode } from './errors.js';

/**
 * Codes of systems that cannot flush a file, such as some network drives; Windows reports EISDIR there. Other codes mean
 * that bytes are lost.
 */
const UNSUPPORTED = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR']);

/** Waits for a flush, if the system can flush; returns whether it can. @throws the system's error if bytes are lost */
export async function tryFlush(flush: Promise<void>): Promise<boolean> {
  try {
    await flush;
    return true;
  } catch (error) {
    if (UNSUPPORTED.has(errnoCode(error) ?? '')) return false;
    throw error;
  }
}
