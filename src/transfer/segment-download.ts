import type { BufferPool } from '../disk/write-buffer.js';
import { type WriteAt, WriteBuffer } from '../disk/write-buffer.js';
import { ContentError, NetworkError } from '../errors.js';
import type { Http, HttpResponse } from '../http/client.js';
import type { Throttle } from '../http/rate-limiter.js';
import { rangeHeaders, type Validator } from './byte-ranges.js';
import { SIGNATURE_LENGTH } from './content-check.js';
import type { BodyRange } from './response.js';
import type { Segment } from './segments.js';

/** What the transfer as a whole does for one of its connections. */
export interface SegmentDownloadOptions {
  readonly name: string;
  readonly http: Http;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  readonly validator: Validator | undefined;
  /** Bytes of the whole file, if known. */
  readonly total: () => number | undefined;
  /** Decides whether the response is one to take, before any byte of it; may rewind the segment. */
  readonly accept: (response: HttpResponse, segment: Segment) => BodyRange;
  readonly write: WriteAt;
  /** Memory for what is received. */
  readonly blocks: BufferPool;
  /** Told of received bytes; a returned promise asks to wait before more are taken. */
  readonly onBytes: (count: number) => Promise<void> | undefined;
  /** Moves the end of the segment if what follows it is wanted, too. */
  readonly extend: (segment: Segment) => boolean;
  /** Bytes per second below which a connection counts as dead. */
  readonly minRate: number;
  /** Bytes that are read from the connection at a time. */
  readonly readSize: number;
  /** Identifies the connection: requests with the same object are pipelined. */
  readonly pipeline?: object;
  /** Called once, when the rest of the response takes no longer than a round trip. */
  readonly onNearEnd?: () => void;
}

/** Milliseconds that a speed looks back, and for which a connection may be slower than the floor. */
const SPEED_WINDOW_MS = 1_000;
/** Time without a byte after which others may fetch the rest of a segment; longer before the first byte of a response. */
const PAUSE_MS = 500;
const MAX_LATENCY_MS = 1_500;
const STALL_TIMEOUT_MS = 30_000;

/** Minimum rate of a connection without a limit; slower ones count as stalled. */
const MIN_BYTES_PER_SECOND = 1_000;
/** Bytes read from a connection at once, without a limit. */
const READ_SIZE = 64 * 1024;

/** Limits of each connection where all together are limited by a throttle. */
export function readLimits(throttle: Throttle | undefined, connections: number) {
  if (!throttle) return { readSize: READ_SIZE, minRate: MIN_BYTES_PER_SECOND };
  return {
    readSize: throttle.readSize(connections, READ_SIZE),
    minRate: Math.min(MIN_BYTES_PER_SECOND, throttle.bytesPerSecond / (4 * connections)),
  };
}

/** Fetches one segment over one connection: asks, takes what comes, and writes it in place. */
export class SegmentDownload {
  readonly segment: Segment;
  readonly url: URL;
  readonly #deps: SegmentDownloadOptions;
  #writer: WriteBuffer | undefined;
  readonly #stalled = new AbortController();
  readonly #asked: number;
  #firstByte: number | undefined;
  #lastByteAt: number | undefined;
  /** Whether bytes may wait because the disk or the rate limit is slow. */
  #isHeld = false;
  #roundTripMs = 0;
  #isNearEnd = false;
  #received = 0;
  /** First byte of the file that the response does not have. */
  #answerEnd = Number.POSITIVE_INFINITY;
  #isCut = false;
  #speedSince: { readonly at: number; readonly received: number };
  #floorSince: { readonly at: number; readonly received: number };

  constructor(segment: Segment, url: URL, deps: SegmentDownloadOptions) {
    this.segment = segment;
    this.url = url;
    this.#deps = deps;
    this.#asked = deps.monotonic();
    this.#speedSince = { at: this.#asked, received: 0 };
    this.#floorSince = this.#speedSince;
  }

  /** Whether the next request may be on its way behind this one. */
  get isNearEnd(): boolean {
    return this.#isNearEnd;
  }

  /** Bytes received. */
  get received(): number {
    return this.#received;
  }

  /** Milliseconds from the request to the first byte; undefined before. */
  get latency(): number | undefined {
    return this.#firstByte === undefined ? undefined : this.#firstByte - this.#asked;
  }

  /** Settles when the segment is written, up to the end that it has by then. Rejects with what came in between; what was received is written all the same. */
  async run(): Promise<void> {
    const { http, signal, accept, readSize, pipeline } = this.#deps;
    const { preempted } = this.segment;
    const response = await http.getFollowing(this.url, {
      headers: this.#headers(),
      signal: AbortSignal.any([signal, preempted.signal, this.#stalled.signal]),
      readSize,
      ...(pipeline && { pipeline }),
    });
    this.#roundTripMs = response.roundTripMs ?? 0;
    try {
      const offer = accept(response, this.segment);
      this.#answerEnd = offer.end ?? Number.POSITIVE_INFINITY;
      if (this.#answerEnd > this.segment.position) await this.#receive(response);
    } finally {
      response.close();
    }
  }

  /** To be called every now and then. */
  tick(): void {
    const now = this.#deps.monotonic();
    if (this.#writer && this.#writer.waiting >= SIGNATURE_LENGTH) this.#writer.flushSoon();
    const elapsed = now - this.#speedSince.at;
    if (elapsed >= SPEED_WINDOW_MS / 4) {
      const rate = ((this.#received - this.#speedSince.received) / elapsed) * 1000;
      const weight = Math.min(1, elapsed / SPEED_WINDOW_MS);
      this.segment.speed =
        this.segment.speed === 0 ? rate : this.segment.speed * (1 - weight) + rate * weight;
      this.#speedSince = { at: now, received: this.#received };
    }
    const quietMs = this.#isHeld ? 0 : now - (this.#lastByteAt ?? this.#asked);
    this.segment.isStalled = quietMs > (this.#firstByte === undefined ? MAX_LATENCY_MS : PAUSE_MS);
    this.#watch(now);
  }

  #watch(now: number): void {
    const elapsed = now - this.#floorSince.at;
    if (elapsed < STALL_TIMEOUT_MS) return;
    const rate = ((this.#received - this.#floorSince.received) / elapsed) * 1000;
    this.#floorSince = { at: now, received: this.#received };
    if (rate >= this.#deps.minRate || this.#firstByte === undefined) return;
    const what = `${this.#deps.name}: hardly anything came from ${this.url.host} any more.`;
    this.#stalled.abort(new NetworkError('timeout', what));
  }

  #headers(): Record<string, string> {
    const { position, end } = this.segment;
    const isToTheEnd = end >= (this.#deps.total() ?? Number.POSITIVE_INFINITY);
    return rangeHeaders(position, isToTheEnd ? undefined : end, this.url.origin, this.#deps.validator);
  }

  async #receive(response: HttpResponse): Promise<void> {
    const writer = new WriteBuffer(this.#deps.write, this.segment.position, this.#deps.blocks);
    this.#writer = writer;
    try {
      await response.receive((chunk) => this.#take(chunk, writer, response));
    } catch (error) {
      if (!this.#isCut) throw error;
    } finally {
      await writer.flush();
    }
    if (this.#isCut || this.segment.position >= Math.min(this.segment.end, this.#answerEnd)) return;
    if (this.#answerEnd === Number.POSITIVE_INFINITY && this.#deps.total() === undefined) {
      // Only the end of the body says how long the file is.
      this.segment.end = this.segment.position;
      return;
    }
    throw new NetworkError('broken', `${this.#deps.name}: ${this.#brokenAt(response)}`);
  }

  #brokenAt({ url }: HttpResponse): string {
    const total = this.#deps.total();
    return `${url.host} ended the connection at byte ${this.segment.position}${total === undefined ? '' : ` of ${total}`}.`;
  }

  #take(chunk: Uint8Array, writer: WriteBuffer, response: HttpResponse): Promise<void> | undefined {
    const { segment } = this;
    if (this.#isCut) return undefined;
    this.#lastByteAt = this.#deps.monotonic();
    this.#firstByte ??= this.#lastByteAt;
    while (
      segment.position + chunk.length >= segment.end &&
      segment.end < this.#answerEnd &&
      this.#deps.extend(segment)
    );
    const limit = Math.min(this.#answerEnd, this.#deps.total() ?? Number.POSITIVE_INFINITY);
    if (segment.position + chunk.length > limit) {
      throw new ContentError(
        'too-long',
        `${this.#deps.name}: ${response.url.host} sent more than the file has.`,
      );
    }
    const wanted = chunk.subarray(0, Math.max(0, segment.end - segment.position));
    const writing = writer.add(wanted);
    segment.position += wanted.length;
    this.#received += wanted.length;
    this.#watchEnd();
    const waiting = this.#deps.onBytes(wanted.length);
    if (segment.position >= segment.end && segment.end < this.#answerEnd) {
      this.#isCut = true;
      response.close();
    }
    return writing || waiting ? this.#hold(writing, waiting) : undefined;
  }

  /** Reports the end in time for the next request to arrive at the host when the last byte has left it. */
  #watchEnd(): void {
    const { position, end, speed } = this.segment;
    if (this.#isNearEnd || end < this.#answerEnd) return;
    if ((end - position) * 1000 > speed * this.#roundTripMs) return;
    this.#isNearEnd = true;
    this.#deps.onNearEnd?.();
  }

  async #hold(...reasons: readonly (Promise<void> | undefined)[]): Promise<void> {
    this.#isHeld = true;
    try {
      await Promise.all(reasons);
    } finally {
      this.#isHeld = false;
      this.#lastByteAt = this.#deps.monotonic();
    }
  }
}
