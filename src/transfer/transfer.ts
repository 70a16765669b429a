import { fillPartFile } from './destination.js';
import type { TransferOptions, TransferRequest, Transferred } from './request.js';
import { Session } from './session.js';
import { withTargetLock } from './target-lock.js';

/**
 * Fetches a file over several connections into a part file, and renames it when it is complete and verified. Broken
 * connections resume where they stopped, and each new byte renews the retries. After an error or an abort, the part
 * file stays for the next call, unless its bytes are wrong. Waits for another process that fetches the same file.
 */
export async function transfer(request: TransferRequest, options: TransferOptions): Promise<Transferred> {
  return withTargetLock(request, options, () =>
    fillPartFile(request, options, (destination) => new Session(request, options, destination).complete()),
  );
}
