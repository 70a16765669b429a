import type { Checksums, Verification } from '../disk/checksum/checksum.js';
import type { Lock } from '../disk/lock.js';
import type { BufferPool } from '../disk/write-buffer.js';
import type { Http } from '../http/client.js';
import type { Throttle } from '../http/rate-limiter.js';
import type { RetryPolicy } from '../http/retry.js';
import type { ConnectionBudget } from './connections.js';
import type { PartFileSystem } from './part-file.js';
import type { FetchUrl } from './signed-url.js';
import type { Tuning } from './tuning.js';

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
  /** Opens the part file; the real disk by default. */
  readonly partFileSystem?: PartFileSystem;
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

/** What is to be put where, whatever it comes from. */
export type TransferTarget = Omit<TransferRequest, 'fetchUrl'>;
