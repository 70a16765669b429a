import type { Verification } from '../disk/checksum/checksum.js';
import { assertSpace } from '../disk/space.js';
import { BufferPool, bufferSize } from '../disk/write-buffer.js';
import { ContentError } from '../errors.js';
import type { HttpResponse } from '../http/client.js';
import { RetryBudget, retryWait } from '../http/retry.js';
import { validatorOf } from './byte-ranges.js';
import { ConnectionScaler } from './connections.js';
import type { Destination } from './destination.js';
import type { PartFile } from './part-file.js';
import type { TransferOptions, TransferRequest } from './request.js';
import { type BodyRange, checkResponse, UrlExpired } from './response.js';
import { SegmentDownload, type SegmentDownloadOptions } from './segment-download.js';
import { type Segment, SegmentQueue } from './segments.js';
import { SignedUrl } from './signed-url.js';
import { defaultTuning, type Tuning } from './tuning.js';
import { runWorkers } from './worker-pool.js';

/** Answers that are not the file, of which nothing is kept, are asked for anew so often: that costs hardly anything. */
const MAX_WRONG_CONTENTS = 2;
/** After these, what is there may be a mixture: it is fetched once more as a whole, and a short file twice. */
const FLAWS = new Set(['wrong-checksum', 'wrong-range']);
/** Bytes of a file that is quickly there again. */
const SHORT_FILE = 16 * 1024 * 1024;
/** A file that changes under our hands again and again is none. */
const MAX_RESTARTS = 3;
/** Bytes per second below which a connection counts as dead, where no limit was asked for. */
const MIN_RATE = 1_000;
/** Bytes that are read from a connection at a time, where no limit was asked for. */
const READ_SIZE = 64 * 1024;
/** Bytes that a fresh URL has to bring before the next one may be asked for without being counted. */
const BYTES_PER_RENEWAL = 16 * 1024 * 1024;

/** Bytes that come in about the time in which another file's URL is asked for. */
const ALMOST_DONE = 1024 * 1024;

/** Everything has to be fetched again, because of what the error says. */
class RestartNeeded extends Error {
  /** Undefined where how often it happens is limited already. */
  readonly error: ContentError | undefined;

  constructor(error?: ContentError) {
    super('start over', { cause: error });
    this.error = error;
  }
}

/** One file on its way into its part file, over as many connections as help, until it is complete and verified. */
export class Session {
  readonly #request: TransferRequest;
  readonly #deps: TransferOptions;
  readonly #tuning: Tuning;
  readonly #destination: Destination;
  readonly #part: PartFile;
  readonly #name: string;
  readonly #retryBudget: RetryBudget;
  readonly #signedUrl: SignedUrl;
  readonly #scaler: ConnectionScaler;
  readonly #buffers: BufferPool;
  readonly #downloads = new Set<SegmentDownload>();
  #segments: SegmentQueue;
  /** Whether the host serves parts of the file, as far as is known. */
  #inParts = true;
  /** A host that gives tag after tag for one file has to be judged by the checksum alone. */
  #ignoresTags = false;
  /** Whether a response was accepted, and there is room for the file. */
  #isUnderWay = false;
  #isUrlKnown = false;
  /** Most bytes there ever were: only beyond them a retry counts as a success. */
  #reached: number;
  #reachedAtRenewal = 0;
  #wrongContents = 0;
  #restarts = 0;
  #latency = 0;
  #lastByte: number | undefined;
  #connections = 1;
  /** Connections that it may use. */
  #granted = 1;

  constructor(request: TransferRequest, deps: TransferOptions, destination: Destination, name: string) {
    this.#request = request;
    this.#deps = deps;
    this.#tuning = deps.tuning ?? defaultTuning;
    this.#destination = destination;
    this.#part = destination.part;
    this.#name = name;
    this.#retryBudget = new RetryBudget(deps.retry);
    this.#signedUrl = new SignedUrl(request.fetchUrl, this.#retryBudget, deps.signal);
    this.#scaler = new ConnectionScaler(deps.maxConnections, this.#tuning.eager ? deps.maxConnections : 1);
    this.#buffers = deps.blocks ?? new BufferPool(bufferSize(deps.maxConnections));
    this.#segments = this.#newSegments();
    this.#granted = this.#scaler.target;
    this.#reached = this.#part.done.size;
  }

  /** @throws any error of `errors.ts`, or the signal's reason, when all connections have ended */
  async complete(): Promise<Verification> {
    for (;;) {
      try {
        while (!this.#isComplete()) await this.#fetch();
        this.#deps.onReceived?.();
        return await this.#verify();
      } catch (error) {
        await this.#restart(error);
      }
    }
  }

  #isComplete(): boolean {
    return this.#segments.total !== undefined && this.#part.done.prefixEnd >= this.#segments.total;
  }

  #fetch(): Promise<void> {
    this.#reportProgress();
    return runWorkers({
      work: (signal) => this.#work(signal),
      desiredCount: () => this.#tick(),
      intervalMs: this.#tuning.tickMs,
      signal: this.#deps.signal,
    }).finally(() => this.#deps.connectionBudget?.release(this));
  }

  async #verify(): Promise<Verification> {
    this.#reportProgress();
    const verified = await this.#destination.verify(this.#deps.signal);
    const tail = this.#lastByte === undefined ? 0 : this.#deps.monotonic() - this.#lastByte;
    this.#deps.onEvent({ type: 'verified', by: verified, tail });
    return verified;
  }

  /** Prepares to fetch everything again, or throws what makes that pointless. */
  async #restart(error: unknown): Promise<void> {
    const { signal } = this.#deps;
    if (signal.aborted) throw signal.reason;
    const isFlawed = this.#part.done.size > 0 && error instanceof ContentError && FLAWS.has(error.code);
    if (error instanceof RestartNeeded) {
      if (error.error && this.#restarts++ >= MAX_RESTARTS) throw error.error;
    } else if (isFlawed && this.#restarts++ < (this.#part.done.size <= SHORT_FILE ? 2 : 1)) {
      this.#inParts = false;
    } else {
      throw error;
    }
    await this.#reset(error instanceof RestartNeeded ? error.error : error);
    this.#segments = this.#newSegments();
  }

  async #reset(why: unknown): Promise<void> {
    const isLoss = why instanceof Error && this.#part.done.size > 0;
    if (isLoss) this.#deps.onEvent({ type: 'started-over', why: why.message });
    this.#ignoresTags = this.#destination.hasChecksum && this.#restarts > 1;
    await this.#destination.reset();
  }

  #newSegments(): SegmentQueue {
    return new SegmentQueue(this.#part.done, this.#request.size, this.#tuning.minShare);
  }

  /** One connection's life: segment after segment, as long as it is wanted. */
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
      const url = await this.#signedUrl.get();
      this.#isUrlKnown = true;
      this.#reportAlmostDone();
      download = new SegmentDownload(segment, url, this.#downloadOptions(signal));
      this.#downloads.add(download);
      await download.run();
      this.#segments.total ??= segment.position;
      return true;
    } catch (error) {
      // A URL that can't be had is final: all retries were used up for it.
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
    const { http, monotonic, throttle, retry, maxConnections } = this.#deps;
    return {
      name: this.#name,
      http,
      signal,
      monotonic,
      validator: this.#ignoresTags ? undefined : this.#part.validator,
      total: () => this.#segments.total,
      accept: (response, segment) => this.#accept(response, segment),
      write: (block, position) => this.#write(block, position),
      blocks: this.#buffers,
      onBytes: (count) => {
        this.#lastByte = monotonic();
        const wait = throttle?.count(count) ?? 0;
        return wait > 0 ? retry.sleep(wait, signal) : undefined;
      },
      extend: (segment) => this.#segments.extend(segment, this.#segmentSize(segment.speed)),
      readSize: throttle ? throttle.readSize(maxConnections, READ_SIZE) : READ_SIZE,
      minRate: throttle ? Math.min(MIN_RATE, throttle.bytesPerSecond / (4 * maxConnections)) : MIN_RATE,
    };
  }

  async #accept(response: HttpResponse, segment: Segment): Promise<BodyRange> {
    const size = this.#segments.total ?? this.#request.size;
    const offer = checkResponse(response, { name: this.#name, start: segment.position, size });
    const validator = validatorOf(response.url.origin, response.header('etag'));
    const before = this.#part.validator;
    const isOther = before?.origin === validator?.origin && before?.entityTag !== validator?.entityTag;
    const hasChanged = isOther && !this.#ignoresTags;
    if (hasChanged && offer.start > 0) throw new RestartNeeded(this.#changed(response));
    if (offer.start !== segment.position) await this.#takeWhole(response, segment, hasChanged);
    this.#part.validator = validator ?? before;
    this.#segments.total ??= offer.total;
    if (!this.#isUnderWay && this.#segments.total !== undefined && !this.#deps.forceSpace) {
      assertSpace(this.#request.target, this.#segments.total - this.#part.done.size);
    }
    this.#isUnderWay = true;
    return offer;
  }

  /** The host sends all from the beginning on, because the file has changed, or it serves no parts. */
  async #takeWhole(response: HttpResponse, segment: Segment, hasChanged: boolean): Promise<void> {
    const what = `${this.#name}: ${response.url.host} serves no parts of the file.`;
    const error = hasChanged ? this.#changed(response) : new ContentError('wrong-range', what);
    this.#inParts &&= hasChanged;
    // What others are about to write must not meet a file that starts again.
    if (this.#downloads.size > 1) throw hasChanged ? new RestartNeeded(error) : error;
    if (this.#restarts++ >= MAX_RESTARTS) throw error;
    await this.#reset(error);
    this.#segments.rewind(segment);
  }

  #changed({ url }: HttpResponse): ContentError {
    return new ContentError('changed', `${this.#name}: the file on ${url.host} has changed.`);
  }

  async #write(block: Buffer, position: number): Promise<void> {
    await this.#destination.write(block, position);
    const { size } = this.#part.done;
    if (size <= this.#reached) return;
    this.#reached = size;
    this.#retryBudget.renew();
    if (size - this.#reachedAtRenewal >= BYTES_PER_RENEWAL) this.#signedUrl.confirm();
  }

  /**
   * Prepares a connection's next try.
   * @returns false when the connection should end, since others are served better
   * @throws what ends all connections
   */
  async #recover(error: unknown, download: SegmentDownload, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (download.segment.preempted.signal.aborted) return true;
    if (error instanceof UrlExpired) {
      this.#signedUrl.invalidate(download.url, error);
      this.#reachedAtRenewal = this.#reached;
      return true;
    }
    const areOthersBusy = this.#busy() > 0;
    if (error instanceof ContentError && areOthersBusy) return this.#backOff();
    if (error instanceof ContentError && this.#wrongContents++ < MAX_WRONG_CONTENTS) return true;
    if (areOthersBusy && retryWait(error, 1, this.#deps.retry.random) !== undefined) {
      return download.received > 0 || this.#backOff();
    }
    await this.#retryBudget.wait(error, signal);
    if (!this.#inParts) throw new RestartNeeded();
    return true;
  }

  #backOff(): false {
    this.#scaler.backOff(this.#busy(), this.#deps.monotonic());
    return false;
  }

  /** Everything that has to be looked after while bytes come; says how many connections are wanted. */
  #tick(): number {
    for (const download of this.#downloads) {
      download.tick();
      this.#latency = download.latency ?? this.#latency;
    }
    this.#destination.tick();
    this.#reportProgress();
    this.#reportAlmostDone();
    if (this.#canShare()) {
      const { received } = this.#segments;
      this.#scaler.observe({
        now: this.#deps.monotonic(),
        received,
        busy: this.#busy(),
        latency: this.#latency,
      });
    }
    this.#claimConnections();
    const wanted = this.#target();
    if (wanted !== this.#connections) this.#deps.onEvent({ type: 'connections', count: wanted });
    this.#connections = wanted;
    return wanted;
  }

  #reportProgress(): void {
    this.#deps.onProgress(this.#segments.received, this.#segments.total);
  }

  #reportAlmostDone(): void {
    const { total = Number.POSITIVE_INFINITY, received } = this.#segments;
    if (this.#isUrlKnown && total - received <= ALMOST_DONE) this.#deps.almostDone?.();
  }

  #canShare(): boolean {
    const { total } = this.#segments;
    return this.#inParts && this.#isUnderWay && total !== undefined && total >= this.#tuning.parallelFrom;
  }

  #target(): number {
    return this.#canShare() ? Math.min(this.#scaler.target, this.#granted) : 1;
  }

  /** Asks for connections beyond the first, which others may want, too. */
  #claimConnections(): void {
    const wanted = this.#canShare() ? this.#scaler.target : 1;
    const { connectionBudget } = this.#deps;
    this.#granted = connectionBudget ? 1 + connectionBudget.claim(this, wanted - 1) : wanted;
  }

  /** Connections that have brought something. */
  #busy(): number {
    return [...this.#downloads].filter(({ received }) => received > 0).length;
  }

  /** A connection alone asks for all that is missing; one of several for some seconds' worth, so that the checksum can follow. */
  #segmentSize(speed: number): number {
    if (this.#target() === 1) return Number.POSITIVE_INFINITY;
    const { minSegment, maxSegment } = this.#tuning;
    return Math.min(maxSegment, Math.max(minSegment, Math.round(speed * 2)));
  }
}
