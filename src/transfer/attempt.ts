import { basename } from 'node:path';
import { hasProof } from '../disk/checksum/checksum.js';
import type { BufferPool } from '../disk/write-buffer.js';
import { ContentError, NetworkError } from '../errors.js';
import { retryWait } from '../http/retry.js';
import { ConnectionAllowance, type ConnectionScaler } from './connections.js';
import type { Destination } from './destination.js';
import { decideRecovery, RestartNeeded } from './recovery.js';
import type { TransferOptions, TransferRequest } from './request.js';
import { ResponseValidator } from './response-validator.js';
import type { RetryState } from './retry-state.js';
import { readLimits, SegmentDownload, type SegmentDownloadOptions } from './segment-download.js';
import { type Segment, type SegmentQueue, segmentSize } from './segments.js';
import type { Tuning } from './tuning.js';
import { runWorkers } from './worker-pool.js';

export interface AttemptMode {
  readonly withRanges: boolean;
  /** Whether another entity tag means another file. Otherwise the SHA256 decides. */
  readonly guardsTag: boolean;
}

export interface AttemptOptions {
  readonly request: TransferRequest;
  readonly options: TransferOptions;
  readonly tuning: Tuning;
  readonly destination: Destination;
  readonly retryState: RetryState;
  readonly scaler: ConnectionScaler;
  readonly buffers: BufferPool;
  readonly segments: SegmentQueue;
  readonly mode: AttemptMode;
  readonly onBytes: () => void;
}

/** A segment that is being fetched, and the one whose request was sent behind it. */
interface Fetch {
  readonly segment: Segment;
  /** Whether the connection should go on. */
  readonly done: Promise<boolean>;
  next: Fetch | undefined;
}

/** Time in which connections come to their speed. */
const EARLY_MS = 2_000;
/** Bytes that arrive in about the time in which the URL of another file is fetched. */
const ALMOST_DONE = 1024 * 1024;

/** Fetches what a part file lacks, over one or several connections. All of them have ended when {@link run} settles. */
export class Attempt {
  readonly #name: string;
  readonly #context: AttemptOptions;
  readonly #options: TransferOptions;
  readonly #segments: SegmentQueue;
  readonly #downloads = new Set<SegmentDownload>();
  readonly #fetches = new Set<Promise<boolean>>();
  readonly #startedAt: number;
  #workers = 0;
  readonly #validator: ResponseValidator;
  readonly #allowance: ConnectionAllowance;
  #isUrlKnown = false;
  #connections = 1;

  constructor(context: AttemptOptions) {
    this.#name = basename(context.request.target);
    this.#context = context;
    this.#options = context.options;
    this.#segments = context.segments;
    this.#startedAt = context.options.monotonic();
    this.#allowance = new ConnectionAllowance(context.scaler, context.options.connectionBudget);
    this.#validator = new ResponseValidator(
      {
        name: this.#name,
        target: context.request.target,
        hasProof: hasProof(context.request),
        part: context.destination.part,
        segments: context.segments,
        guardsTag: context.mode.guardsTag,
        forceSpace: context.options.forceSpace ?? false,
      },
      context.mode.withRanges,
    );
  }

  /** @throws RestartNeeded, or any error of `errors.ts` */
  async run(): Promise<void> {
    this.#reportProgress();
    try {
      await runWorkers({
        work: (signal) => this.#work(signal),
        desiredCount: () => this.#tick(),
        intervalMs: this.#context.tuning.tickMs,
        signal: this.#options.signal,
      });
    } finally {
      await Promise.allSettled(this.#fetches);
      this.#allowance.release();
      this.#reportProgress();
    }
  }

  /** Fetches segment after segment over one connection while it is wanted. */
  async #work(signal: AbortSignal): Promise<void> {
    if (this.#workers > 0 && this.#workers >= this.#allowance.count) return;
    this.#workers++;
    try {
      const pipeline = {};
      let fetch = this.#beginFetch(this.#takeSegment(0), pipeline, signal);
      while (fetch) {
        const goesOn = await fetch.done;
        const { speed } = fetch.segment;
        const isWanted = goesOn && !signal.aborted && this.#workers <= this.#allowance.count;
        fetch =
          fetch.next ?? (isWanted ? this.#beginFetch(this.#takeSegment(speed), pipeline, signal) : undefined);
      }
    } finally {
      this.#workers--;
    }
  }

  #takeSegment(speed: number): Segment | undefined {
    const isEarly = this.#options.monotonic() - this.#startedAt < EARLY_MS;
    return this.#segments.take({ maxSize: this.#segmentSize(speed), speed, isEarly });
  }

  #beginFetch(segment: Segment | undefined, pipeline: object, signal: AbortSignal): Fetch | undefined {
    if (!segment) return undefined;
    const fetch: Fetch = { segment, done: Promise.resolve(true), next: undefined };
    const onNearEnd = () => {
      if (!this.#context.retryState.pipelines) return;
      if (signal.aborted || this.#workers > this.#allowance.count) return;
      const maxSize = this.#segmentSize(segment.speed);
      const following = this.#segments.takeUnassigned({ maxSize, speed: segment.speed });
      fetch.next = this.#beginFetch(following, pipeline, signal);
    };
    const done = this.#fetchSegment(segment, { ...this.#downloadOptions(signal), pipeline, onNearEnd });
    this.#fetches.add(done);
    done.catch(() => {}).finally(() => this.#fetches.delete(done));
    return Object.assign(fetch, { done });
  }

  /** @returns whether the connection should go on */
  async #fetchSegment(segment: Segment, options: SegmentDownloadOptions): Promise<boolean> {
    let download: SegmentDownload | undefined;
    try {
      // This error is final: all retries were used for the URL.
      const url = await this.#context.retryState.url.get();
      this.#onUrl(url, options);
      download = new SegmentDownload(segment, url, options);
      this.#downloads.add(download);
      await download.run();
      if (download.endsWithBody) this.#segments.assumeTotal(segment.position);
      return true;
    } catch (error) {
      if (!download) throw error;
      this.#downloads.delete(download);
      this.#segments.release(segment);
      return await this.#recover(error, download, options.signal);
    } finally {
      if (download) this.#downloads.delete(download);
      this.#segments.release(segment);
    }
  }

  /** Opens the other connections while the first request is under way. */
  #onUrl(url: URL, { http, signal, readSize }: SegmentDownloadOptions): void {
    const isFirst = !this.#isUrlKnown;
    this.#isUrlKnown = true;
    this.#reportAlmostDone();
    const isLarge = this.#segments.expectedTotal !== undefined && this.#mayBeParallel();
    if (!isFirst || !isLarge) return;
    http.preconnect(url, this.#allowance.claim(true) - 1, { signal, readSize });
  }

  #downloadOptions(signal: AbortSignal): SegmentDownloadOptions {
    const { http, monotonic, throttle, retry, maxConnections, idleTimeoutMs } = this.#options;
    const { mode, destination, buffers, onBytes } = this.#context;
    return {
      name: this.#name,
      http,
      signal,
      monotonic,
      validator: mode.guardsTag ? destination.part.validator : undefined,
      total: () => this.#segments.total,
      accept: (response, segment) => this.#validator.accept(response, segment, this.#downloads.size === 1),
      write: (block, position) => this.#write(block, position),
      buffers,
      onBytes: (count) => {
        onBytes();
        const waitMs = throttle?.count(count) ?? 0;
        return waitMs > 0 ? retry.sleep(waitMs, signal) : undefined;
      },
      extend: (segment) => this.#segments.extend(segment, this.#segmentSize(segment.speed)),
      stallTimeoutMs: idleTimeoutMs,
      ...readLimits(throttle, maxConnections),
    };
  }

  async #write(block: Buffer, position: number): Promise<void> {
    const { destination, retryState } = this.#context;
    await destination.write(block, position);
    retryState.recordWritten(destination.part.done.size);
  }

  /**
   * @returns whether the connection should go on
   * @throws what ends all connections
   */
  async #recover(error: unknown, download: SegmentDownload, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const { retryState } = this.#context;
    // Some servers and proxies cannot read a request before they have sent the response.
    if (download.isNearEnd && error instanceof NetworkError) retryState.pipelines = false;
    const recovery = decideRecovery(error, {
      isPreempted: download.segment.preempted.signal.aborted,
      areOthersBusy: this.#busy() > 0,
      received: download.received,
      wrongContents: retryState.wrongContents,
      isRetryable: retryWait(error, 1, this.#options.retry.random) !== undefined,
    });
    switch (recovery) {
      case 'fail':
        throw error;
      case 'new-url':
        retryState.invalidateUrl(download.url, error);
        return true;
      case 'drop':
        this.#context.scaler.backOff(this.#busy(), this.#options.monotonic());
        return false;
      case 'wait':
        await retryState.budget.wait(error, signal);
        // Without ranges, nothing can be resumed.
        if (!this.#validator.servesRanges)
          throw new RestartNeeded(error, { withoutRanges: true, isRetry: true });
        return true;
      case 'continue':
        if (error instanceof ContentError) retryState.wrongContents++;
        return true;
    }
  }

  /** @returns the desired number of connections */
  #tick(): number {
    for (const download of this.#downloads) download.tick();
    this.#context.destination.tick();
    this.#reportProgress();
    this.#reportAlmostDone();
    this.#context.scaler.tick(this.#options.monotonic());
    const { hasAccepted } = this.#validator;
    this.#allowance.claim(hasAccepted && this.#segments.total !== undefined && this.#mayBeParallel());
    const { count } = this.#allowance;
    if (count !== this.#connections) this.#options.onEvent({ type: 'connections', count });
    this.#connections = count;
    return count;
  }

  #reportProgress(): void {
    this.#options.onProgress(this.#segments.received, this.#segments.expectedTotal);
  }

  #reportAlmostDone(): void {
    const { expectedTotal = Number.POSITIVE_INFINITY, received } = this.#segments;
    if (this.#isUrlKnown && expectedTotal - received <= ALMOST_DONE) this.#options.almostDone?.();
  }

  /** Whether the file is large enough for several connections, or may be. */
  #mayBeParallel(): boolean {
    const { expectedTotal = Number.POSITIVE_INFINITY } = this.#segments;
    const { maxConnections } = this.#options;
    return (
      maxConnections > 1 && this.#validator.servesRanges && expectedTotal >= this.#context.tuning.parallelFrom
    );
  }

  /** Number of connections that have received bytes. */
  #busy(): number {
    return [...this.#downloads].filter(({ received }) => received > 0).length;
  }

  /** A transfer over one connection asks for all that is missing, one over several for bounded ranges. */
  #segmentSize(speed: number): number {
    if (!this.#mayBeParallel()) return Number.POSITIVE_INFINITY;
    const { tuning } = this.#context;
    const { unassigned } = this.#segments;
    return segmentSize({ speed, unassigned, connections: this.#allowance.max, tuning });
  }
}
