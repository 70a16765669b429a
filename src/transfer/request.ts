import type { Checksums, Verification } from '../disk/checksum/checksum.js';
import type { Lock } from '../disk/lock.js';
import type { BufferPool } from '../disk/write-buffer.js';
import type { Http } from '../http/client.js';
import type { Throttle } from '../http/rate-limiter.js';
import type { RetryPolicy } from '../http/retry.js';
import type { ConnectionBudget } from './connections.js';
import type { PartFileSystem } from './part-file.js';
import type { FetchUrl } from './signed-url.js';
import type { TransferEvent } from './transfer-event.js';
import type { Tuning } from './tuning.js';

export interface TransferTarget extends Checksums {
  /** Absolute path. */
  readonly target: string;
  /** Identifies the contents over all runs and URLs: a part file is only resumed with the same key. */
  readonly fileKey: string;
  /** An estimate: the host knows the size. */
  readonly size?: number | undefined;
  /** Whether nothing may be at the target: what appears there during the transfer is another file. */
  readonly mustBeFree?: boolean | undefined;
}

export interface TransferRequest extends TransferTarget {
  /** Called once, and again after the host rejected a URL. */
  readonly fetchUrl: FetchUrl;
}

export interface TargetLockContext {
  readonly lock: Lock;
  readonly signal: AbortSignal;
  readonly onEvent: (event: TransferEvent) => void;
}

export interface FillOptions {
  readonly signal: AbortSignal;
  readonly monotonic: () => number;
  readonly onEvent: (event: TransferEvent) => void;
  /** Called with the path of the verified bytes, before the file gets its name. */
  readonly beforeCommit?: ((path: string) => Promise<void>) | undefined;
  readonly tuning?: Tuning;
  /** Opens the part file; the real disk by default. */
  readonly partFileSystem?: PartFileSystem;
}

export interface TransferOptions extends TargetLockContext, FillOptions {
  readonly http: Http;
  readonly retry: RetryPolicy;
  readonly maxConnections: number;
  /** The maximum time without a byte; 30 s by default. */
  readonly idleTimeoutMs?: number | undefined;
  readonly connectionBudget?: ConnectionBudget | undefined;
  readonly forceSpace?: boolean | undefined;
  readonly throttle?: Throttle | undefined;
  readonly buffers?: BufferPool | undefined;
  readonly onProgress: (received: number, total: number | undefined) => void;
  /** Called, perhaps repeatedly, when so little is missing that another transfer may begin. */
  readonly almostDone?: (() => void) | undefined;
  /** Called before verification. */
  readonly onReceived?: (() => void) | undefined;
}

export interface Transferred {
  readonly size: number;
  /** Bytes that were on disk before. */
  readonly resumed: number;
  /** Undefined if neither a checksum nor the size is known. */
  readonly verified: Verification | undefined;
  /** Whether another process created it while this one waited. */
  readonly byOtherProcess: boolean;
}
