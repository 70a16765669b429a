import { basename } from 'node:path';
import { assertSpace } from '../disk/space.js';
import type { BufferPool } from '../disk/write-buffer.js';
import { ContentError } from '../errors.js';
import type { HttpResponse } from '../http/client.js';
import { retryWait } from '../http/retry.js';
import { validatorOf } from './byte-ranges.js';
import type { ConnectionScaler } from './connections.js';
import type { Destination } from './destination.js';
import { decideRecovery, RestartNeeded } from './recovery.js';
import type { TransferOptions, TransferRequest } from './request.js';
import { type BodyRange, checkResponse } from './response.js';
import type { RetryState } from './retry-state.js';
import { SegmentDownload, type SegmentDownloadOptions } from './segment-download.js';
import type { Segment, SegmentQueue } from './segments.js';
import type { Tuning } from './tuning.js';
import { runWorkers } from './worker-pool.js';

export interface AttemptMode {
  /** Whether to ask for parts of the file. */
  readonly withRanges: boolean;
  /** Whether another entity tag may be the same file, since a checksum decides. */
  readonly ignoresTags: boolean;
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
  /** Called when bytes have arrived. */
  readonly onBytes: () => void;
}

/** Minimum rate of a connection without a limit; slower ones count as stalled. */
const MIN_BYTES_PER_SECOND = 1_000;
/** Bytes read from a connection at once, without a limit. */
const READ_SIZE = 64 * 1024;
/** Bytes that arrive in about the time in which the URL of another file is fetched. */
const ALMOST_DONE = 1024 * 1024;

/** Fetches what a part file lacks, over one or several connections. All of them have ended when {@link run} settles. */
export class Attempt {
  readonly #name: string;
  readonly #context: AttemptOptions;
  readonly #options: TransferOptions;
  readonly #segments: SegmentQueue;
  readonly #downloads = new Set<SegmentDownload>();
  /** Whether the host serves parts of the file, if known. */
  #withRanges: boolean;
  /** Whether a response was accepted. */
  #isAccepted = false;
  #isUrlKnown = false;
  #latencyMs = 0;
  #connections = 1;
  #grantedConnections: number;

  constructor(context: AttemptOptions) {
    this.#name = basename(context.request.target);
    this.#context = context;
    this.#options = context.options;
    this.#segments = context.segments;
    this.#withRanges = context.mode.withRanges;
    this.#grantedConnections = context.scaler.target;
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
      this.#options.connectionBudget?.release(this);
      this.#reportProgress();
    }
  }

  /** Fetches segment after segment over one connection while it is wanted. */
  async #work(signal: AbortSignal): Promise<void> {
    let speed = 0;
    while (!signal.aborted && (this.#downloads.size === 0 || this.#downloads.size < this.#target())) {
      const segment = this.#segments.take({ size: this.#segmentSize(speed), speed });
      if (!segment) return;
      const goesOn = await this.#fetchSegment(segment, signal);
      if (!goesOn) return;
      speed = segment.speed;
    }
  }

  /** @returns whether the connection should go on */
  async #fetchSegment(segment: Segment, signal: AbortSignal): Promise<boolean> {
    let download: SegmentDownload | undefined;
    try {
      // This error is final: all retries were used for the URL.
      const url = await this.#context.retryState.url.get();
      this.#isUrlKnown = true;
      this.#reportAlmostDone();
      download = new SegmentDownload(segment, url, this.#downloadOptions(signal));
      this.#downloads.add(download);
      await download.run();
      this.#segments.total ??= segment.position;
      return true;
    } catch (error) {
      if (!download) throw error;
      this.#downloads.delete(download);
      this.#segments.release(segment);
      return await this.#recover(error, download, signal);
    } finally {
      if (download) this.#downloads.delete(download);
      this.#segments.release(segment);
    }
  }

  #downloadOptions(signal: AbortSignal): SegmentDownloadOptions {
    const { http, monotonic, throttle, retry, maxConnections } = this.#options;
    const { mode, destination, buffers, onBytes } = this.#context;
    return {
      name: this.#name,
      http,
      signal,
      monotonic,
      validator: mode.ignoresTags ? undefined : destination.part.validator,
      total: () => this.#segments.total,
      accept: (response, segment) => this.#accept(response, segment),
      write: (block, position) => this.#write(block, position),
      blocks: buffers,
      onBytes: (count) => {
        onBytes();
        const waitMs = throttle?.count(count) ?? 0;
        return waitMs > 0 ? retry.sleep(waitMs, signal) : undefined;
      },
      extend: (segment) => this.#segments.extend(segment, this.#segmentSize(segment.speed)),
      readSize: throttle ? throttle.readSize(maxConnections, READ_SIZE) : READ_SIZE,
      minRate: throttle
        ? Math.min(MIN_BYTES_PER_SECOND, throttle.bytesPerSecond / (4 * maxConnections))
        : MIN_BYTES_PER_SECOND,
    };
  }

  async #accept(response: HttpResponse, segment: Segment): Promise<BodyRange> {
    const { request, destination } = this.#context;
    const size = this.#segments.total ?? request.size;
    const body = checkResponse(response, { name: this.#name, start: segment.position, size });
    this.#assertSameFile(response, segment, body);
    const { part } = destination;
    part.validator = validatorOf(response.url.origin, response.header('etag')) ?? part.validator;
    this.#segments.total ??= body.total;
    if (!this.#isAccepted && this.#segments.total !== undefined && !this.#options.forceSpace) {
      assertSpace(request.target, this.#segments.total - part.done.size);
    }
    this.#isAccepted = true;
    return body;
  }

  /** @throws RestartNeeded if the file has changed, or if the host sends all of it though asked for a part */
  #assertSameFile(response: HttpResponse, segment: Segment, body: BodyRange): void {
    const { mode, destination } = this.#context;
    const { host, origin } = response.url;
    const before = destination.part.validator;
    const tag = validatorOf(origin, response.header('etag'))?.entityTag;
    const hasChanged = !mode.ignoresTags && before?.origin === origin && before.entityTag !== tag;
    const isOtherPart = body.start !== segment.position;
    if (hasChanged && (isOtherPart || body.start > 0)) {
      const error = new ContentError('changed', `${this.#name}: the file on ${host} has changed.`);
      throw new RestartNeeded(error);
    }
    if (!isOtherPart) return;
    this.#withRanges = false;
    const error = new ContentError('wrong-range', `${this.#name}: ${host} does not serve parts of the file.`);
    throw this.#downloads.size > 1 ? error : new RestartNeeded(error, { withoutRanges: true });
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
        if (!this.#withRanges) throw new RestartNeeded(error, { withoutRanges: true, isRetry: true });
        return true;
      case 'continue':
        if (error instanceof ContentError) retryState.wrongContents++;
        return true;
    }
  }

  /** @returns the desired number of connections */
  #tick(): number {
    for (const download of this.#downloads) {
      download.tick();
      this.#latencyMs = download.latency ?? this.#latencyMs;
    }
    this.#context.destination.tick();
    this.#reportProgress();
    this.#reportAlmostDone();
    this.#observe();
    this.#claimConnections();
    const target = this.#target();
    if (target !== this.#connections) this.#options.onEvent({ type: 'connections', count: target });
    this.#connections = target;
    return target;
  }

  #observe(): void {
    if (!this.#canShare()) return;
    this.#context.scaler.observe({
      now: this.#options.monotonic(),
      received: this.#segments.received,
      busy: this.#busy(),
      latency: this.#latencyMs,
    });
  }

  #reportProgress(): void {
    this.#options.onProgress(this.#segments.received, this.#segments.total);
  }

  #reportAlmostDone(): void {
    const { total = Number.POSITIVE_INFINITY, received } = this.#segments;
    if (this.#isUrlKnown && total - received <= ALMOST_DONE) this.#options.almostDone?.();
  }

  #canShare(): boolean {
    const { total } = this.#segments;
    const { parallelFrom } = this.#context.tuning;
    return this.#withRanges && this.#isAccepted && total !== undefined && total >= parallelFrom;
  }

  #target(): number {
    return this.#canShare() ? Math.min(this.#context.scaler.target, this.#grantedConnections) : 1;
  }

  /** Claims connections beyond the first from those that all transfers share. */
  #claimConnections(): void {
    const target = this.#canShare() ? this.#context.scaler.target : 1;
    const { connectionBudget } = this.#options;
    this.#grantedConnections = connectionBudget ? 1 + connectionBudget.claim(this, target - 1) : target;
  }

  /** Number of connections that have received bytes. */
  #busy(): number {
    return [...this.#downloads].filter(({ received }) => received > 0).length;
  }

  /** A single connection asks for all that is missing; one of several for some seconds' worth, so that the checksum can follow. */
  #segmentSize(speed: number): number {
    if (this.#target() === 1) return Number.POSITIVE_INFINITY;
    const { minSegment, maxSegment } = this.#context.tuning;
    return Math.min(maxSegment, Math.max(minSegment, Math.round(speed * 2)));
  }
}
