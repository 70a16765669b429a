import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BlockPool } from '../disk/block-pool.js';
import type { Checksums, Verification } from '../disk/checksum/checksum.js';
import { recognizeFile } from '../disk/checksum/verify-file.js';
import type { Lock } from '../disk/lock.js';
import { ContentError } from '../errors.js';
import type { Http } from '../http/client.js';
import type { RetryPolicy } from '../http/retry.js';
import type { Throttle } from '../http/throttle.js';
import { Landing } from './destination.js';
import { openPartFile, type PartFile } from './part-file.js';
import { Session } from './session.js';
import type { SharedConnections } from './shared-connections.js';
import type { Locate } from './signed-url.js';
import { takeTurn } from './target-lock.js';
import { defaultTuning, type Tuning } from './tuning.js';

/** One file to fetch: knows nothing of where the URL comes from or what the file is for. */
export interface TransferRequest extends Checksums {
  /** Absolute path. */
  readonly target: string;
  /** Names the file on offer over all runs and URLs, so that bytes of another one are never continued. */
  readonly key: string;
  /** Called once, and again only when a URL was refused. */
  readonly locate: Locate;
  /** Bytes, if known; another size is refused before any byte of it. */
  readonly size?: number | undefined;
}

/** What happens on the way, for whoever wants to tell. */
export type TransferNotice =
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

export interface TransferDeps {
  readonly http: Http;
  readonly retry: RetryPolicy;
  /** Keeps others from writing the same part file. */
  readonly lock: Lock;
  readonly signal: AbortSignal;
  /** Most connections at a time. */
  readonly connections: number;
  /** Those beyond the first are shared with other transfers; all are its own unless given. */
  readonly sharedConnections?: SharedConnections | undefined;
  /** Whether to begin although there seems to be too little room. */
  readonly forceSpace?: boolean | undefined;
  /** Shared by everything that the limit is for. */
  readonly throttle?: Throttle | undefined;
  /** Memory that other transfers use, too; some of its own unless given. */
  readonly blocks?: BlockPool | undefined;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Told several times a second how many bytes are there, of how many if known. */
  readonly onProgress: (received: number, total: number | undefined) => void;
  readonly onNotice: (notice: TransferNotice) => void;
  /** Told, perhaps again and again, when so little is left to be fetched that others may begin. */
  readonly onNearlyThere?: (() => void) | undefined;
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
  readonly isOthers: boolean;
}

/**
 * Fetches a file: over as many connections as help, into a part file, with the checksum following, and gives it its
 * name when it is whole and verified. What broke is continued where it stopped; the count of retries starts anew with
 * each new byte. When it fails for good, or the signal aborts, the part file stays for the next call to continue,
 * unless its bytes are wrong. What another process is fetching is waited for, and taken as it is when it is right.
 * @throws any error of `errors.ts`, or the signal's reason
 */
export async function transfer(request: TransferRequest, deps: TransferDeps): Promise<Transferred> {
  return inTurn(request, deps, () =>
    fillPart(request, deps, (landing) =>
      new Session(request, deps, landing, basename(request.target)).complete(),
    ),
  );
}

/** What is to be put where, whatever it comes from. */
export type Landed = Omit<TransferRequest, 'locate'>;

/**
 * Does something to a target while no other process does. What another process has put there in the meantime is taken
 * as it is when it is right.
 */
export async function inTurn<T>(
  request: Landed,
  { lock, signal, onNotice }: Pick<TransferDeps, 'lock' | 'signal' | 'onNotice'>,
  action: () => Promise<T>,
): Promise<T | Transferred> {
  const onWaiting = () => onNotice({ type: 'waiting' });
  const turn = await takeTurn(request.target, { lock, signal, onWaiting });
  try {
    const others = turn.hasWaited ? await findOthers(request, signal) : undefined;
    return others ?? (await action());
  } finally {
    await turn.end();
  }
}

/** The whole file that another process may have put under the target's name. */
async function findOthers(request: Landed, signal: AbortSignal): Promise<Transferred | undefined> {
  const verified = await recognizeFile(request.target, request, signal);
  if (verified === undefined) return undefined;
  const { size } = await stat(request.target);
  return { size, resumed: size, verified, isOthers: true };
}

/**
 * Opens the target's part file, lets somebody fill it, and gives it its name. Only in one's turn.
 * @param fill brings what is missing and verifies the whole
 */
export async function fillPart(
  request: Landed,
  deps: Pick<TransferDeps, 'now' | 'onNotice' | 'tuning'>,
  fill: (landing: Landing) => Promise<Verification>,
): Promise<Transferred> {
  const { target, key, size, sha256 } = request;
  const part = await openPartFile(target, { key, size, sha256 });
  try {
    const resumed = part.done.size;
    if (part.hasDropped)
      deps.onNotice({ type: 'started-over', why: 'What an earlier run left is of another file.' });
    if (resumed > 0) deps.onNotice({ type: 'resumed', bytes: resumed });
    const verified = await landIn(part, request, deps, fill);
    const { front } = part.done;
    await part.commit();
    return { size: front, resumed: Math.min(resumed, front), verified, isOthers: false };
  } catch (error) {
    await (areBytesWrong(error) ? part.discard() : part.suspend());
    throw error;
  }
}

async function landIn(
  part: PartFile,
  { target, size, sha256, crc32 }: Landed,
  { tuning = defaultTuning, now }: Pick<TransferDeps, 'now' | 'tuning'>,
  fill: (landing: Landing) => Promise<Verification>,
): Promise<Verification> {
  const landing = new Landing(part, { name: basename(target), size, sha256, crc32 }, tuning, now);
  try {
    return await fill(landing);
  } finally {
    await landing.close();
  }
}

/** Whether an error says that what is in the part file must not be continued. */
function areBytesWrong(error: unknown): boolean {
  return error instanceof ContentError && ['wrong-checksum', 'wrong-range', 'changed'].includes(error.code);
}
