import { fillPartFile } from './destination.js';
import type { TransferOptions, TransferRequest, Transferred } from './request.js';
import { Session } from './session.js';
import { withTargetLock } from './target-lock.js';

/**
 * Fetches a file: over as many connections as help, into a part file, with the checksum following, and gives it its
 * name when it is whole and verified. What broke is continued where it stopped; the count of retries starts anew with
 * each new byte. When it fails for good, or the signal aborts, the part file stays for the next call to continue,
 * unless its bytes are wrong. What another process is fetching is waited for, and taken as it is when it is right.
 * @throws any error of `errors.ts`, or the signal's reason
 */
export async function transfer(request: TransferRequest, deps: TransferOptions): Promise<Transferred> {
  return withTargetLock(request, deps, () =>
    fillPartFile(request, deps, (destination) => new Session(request, deps, destination).complete()),
  );
}
