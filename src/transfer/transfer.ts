import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BufferPool } from '../disk/block-pool.js';
import type { Checksums, Verification } from '../disk/checksum/checksum.js';
import { matchesFile } from '../disk/checksum/verify-file.js';
import type { Lock } from '../disk/lock.js';
import { ContentError } from '../errors.js';
import type { Http } from '../http/client.js';
import type { RetryPolicy } from '../http/retry.js';
import type { Throttle } from '../http/throttle.js';
import { Destination } from './destination.js';
import { openPartFile, type PartFile } from './part-file.js';
import { Session } from './session.js';
import type { ConnectionBudget } from './shared-connections.js';
import type { FetchUrl } from './signed-url.js';
import { lockTarget } from './target-lock.js';
import { defaultTuning, type Tuning } from './tuning.js';

/** One file to fetch: knows nothing of where the URL comes from or what the file is for. */
export interface TransferRequest extends Checksums {
  /** Absolute path. */
  readonly target: string;
  /** Names the file on offer over all runs and URLs, so that bytes of another one are never continued. */
  readonly fileKey: string;
  /** Called once, and again only when a URL was refused. */
  readonly fetchUrl: FetchUrl;
  /** Bytes, if known; another size is refused before any byte of it. */
  readonly size?: number | undefined;
}

/** What happens on the way, for whoever wants to tell. */
export type TransferEvent =
  /** Another process is fetching the file: it is waited for. */
  | { readonly type: 'waiting' }
  /** Bytes of an earlier run are there. */
  | { readonly type: 'resumed'; readonly bytes: number }
  /** Bytes that were there are of no use. */
  | { readonly type: 'started-over'; readonly why: string }
  /** As many connections are used from now on. */
  | { readonly type: 'connections'; readonly count: number }
  /** The file is whole and right; `tail` is how many milliseconds after the last byte. */
  | { readonly type: 'verified'; readonly by: Verification; readonly tail: number };

export interface TransferOptions {
  readonly http: Http;
  readonly retry: RetryPolicy;
  /** Keeps others from writing the same part file. */
  readonly lock: Lock;
  readonly signal: AbortSignal;
  /** Most connections at a time. */
  readonly maxConnections: number;
  /** Those beyond the first are shared with other transfers; all are its own unless given. */
  readonly connectionBudget?: ConnectionBudget | undefined;
  /** Whether to begin although there seems to be too little room. */
  readonly forceSpace?: boolean | undefined;
  /** Shared by everything that the limit is for. */
  readonly throttle?: Throttle | undefined;
  /** Memory that other transfers use, too; some of its own unless given. */
  readonly blocks?: BufferPool | undefined;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** Told several times a second how many bytes are there, of how many if known. */
  readonly onProgress: (received: number, total: number | undefined) => void;
  readonly onEvent: (notice: TransferEvent) => void;
  /** Told, perhaps again and again, when so little is left to be fetched that others may begin. */
  readonly almostDone?: (() => void) | undefined;
  /** Told when all bytes have come, before they are verified and flushed. */
  readonly onReceived?: (() => void) | undefined;
  readonly tuning?: Tuning;
}

/** A file that is complete under its final name. */
export interface Transferred {
  /** Bytes. */
  readonly size: number;
  /** Bytes of it that were there already. */
  readonly resumed: number;
  readonly verified: Verification;
  /** Whether another process has put it there while this one waited. */
  readonly byOtherProcess: boolean;
}

/**
 * Fetches a file: over as many connections as help, into a part file, with the checksum following, and gives it its
 * name when it is whole and verified. What broke is continued where it stopped; the count of retries starts anew with
 * each new byte. When it fails for good, or the signal aborts, the part file stays for the next call to continue,
 * unless its bytes are wrong. What another process is fetching is waited for, and taken as it is when it is right.
 * @throws any error of `errors.ts`, or the signal's reason
 */
export async function transfer(request: TransferRequest, deps: TransferOptions): Promise<Transferred> {
  return withTargetLock(request, deps, () =>
    fillPartFile(request, deps, (destination) =>
      new Session(request, deps, destination, basename(request.target)).complete(),
    ),
  );
}

/** What is to be put where, whatever it comes from. */
export type TransferTarget = Omit<TransferRequest, 'fetchUrl'>;

/**
 * Does something to a target while no other process does. What another process has put there in the meantime is taken
 * as it is when it is right.
 */
export async function withTargetLock<T>(
  request: TransferTarget,
  { lock, signal, onEvent }: Pick<TransferOptions, 'lock' | 'signal' | 'onEvent'>,
  action: () => Promise<T>,
): Promise<T | Transferred> {
  const onWaiting = () => onEvent({ type: 'waiting' });
  const turn = await lockTarget(request.target, { lock, signal, onWaiting });
  try {
    const others = turn.waited ? await findCompleted(request, signal) : undefined;
    return others ?? (await action());
  } finally {
    await turn.release();
  }
}

/** The whole file that another process may have put under the target's name. */
async function findCompleted(request: TransferTarget, signal: AbortSignal): Promise<Transferred | undefined> {
  const verified = await matchesFile(request.target, request, signal);
  if (verified === undefined) return undefined;
  const { size } = await stat(request.target);
  return { size, resumed: size, verified, byOtherProcess: true };
}

/**
 * Opens the target's part file, lets somebody fill it, and gives it its name. Only in one's turn.
 * @param fill brings what is missing and verifies the whole
 */
export async function fillPartFile(
  request: TransferTarget,
  deps: Pick<TransferOptions, 'monotonic' | 'onEvent' | 'tuning'>,
  fill: (destination: Destination) => Promise<Verification>,
): Promise<Transferred> {
  const { target, fileKey, size, sha256 } = request;
  const part = await openPartFile(target, { key: fileKey, size, sha256 });
  try {
    const resumed = part.done.size;
    if (part.discardedOther)
      deps.onEvent({ type: 'started-over', why: 'What an earlier run left is of another file.' });
    if (resumed > 0) deps.onEvent({ type: 'resumed', bytes: resumed });
    const verified = await fillDestination(part, request, deps, fill);
    const { prefixEnd } = part.done;
    await part.commit();
    return { size: prefixEnd, resumed: Math.min(resumed, prefixEnd), verified, byOtherProcess: false };
  } catch (error) {
    await (areBytesWrong(error) ? part.discard() : part.suspend());
    throw error;
  }
}

async function fillDestination(
  part: PartFile,
  { target, size, sha256, crc32 }: TransferTarget,
  { tuning = defaultTuning, monotonic }: Pick<TransferOptions, 'monotonic' | 'tuning'>,
  fill: (destination: Destination) => Promise<Verification>,
): Promise<Verification> {
  const destination = new Destination(
    part,
    { name: basename(target), size, sha256, crc32 },
    tuning,
    monotonic,
  );
  try {
    return await fill(destination);
  } finally {
    await destination.close();
  }
}

/** Whether an error says that what is in the part file must not be continued. */
function areBytesWrong(error: unknown): boolean {
  return error instanceof ContentError && ['wrong-checksum', 'wrong-range', 'changed'].includes(error.code);
}
