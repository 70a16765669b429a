import { type BufferPool, type WriteAt, WriteBuffer } from '../disk/write-buffer.js';
import { ContentError, NetworkError } from '../errors.js';
import type { Http, HttpResponse } from '../http/client.js';
import type { Throttle } from '../http/rate-limiter.js';
import { rangeHeaders, type Validator } from './byte-ranges.js';
import { SIGNATURE_LENGTH } from './content-check.js';
import type { BodyRange } from './response.js';
import type { Segment } from './segments.js';

export interface SegmentDownloadOptions {
  readonly name: string;
  readonly http: Http;
  readonly signal: AbortSignal;
  readonly monotonic: () => number;
  readonly validator: Validator | undefined;
  readonly total: () => number | undefined;
  /** Checks the head of the response. May rewind the segment. */
  readonly accept: (response: HttpResponse, segment: Segment) => BodyRange;
  readonly write: WriteAt;
  readonly buffers: BufferPool;
  /** Called with the number of received bytes; reading pauses until the returned promise settles. */
  readonly onBytes: (count: number) => Promise<void> | undefined;
  /** Moves the end of the segment if the bytes after it are unassigned. */
  readonly extend: (segment: Segment) => boolean;
  readonly minRate: number;
  /** Period in which the minimum rate must be reached; {@link STALL_TIMEOUT_MS} by default. */
  readonly stallTimeoutMs?: number | undefined;
  readonly readSize: number;
  /** Identifies the connection: requests with the same object are pipelined. */
  readonly pipeline?: object;
  /** Called once, when the rest of the response takes no longer than a round trip. */
  readonly onNearEnd?: () => void;
}

/** Period over which the speed is averaged. */
const SPEED_WINDOW_MS = 500;
/** Time without a byte after which others may fetch the rest of a segment; longer before the first byte of a response. */
const PAUSE_MS = 500;
const MAX_LATENCY_MS = 1_500;
const STALL_TIMEOUT_MS = 30_000;

/** Slower connections count as stalled. */
const MIN_BYTES_PER_SECOND = 1_000;
const READ_SIZE = 64 * 1024;

/** Returns the limits of each connection, smaller ones if a throttle limits all together. */
export function readLimits(throttle: Throttle | undefined, connections: number) {
  if (!throttle) return { readSize: READ_SIZE, minRate: MIN_BYTES_PER_SECOND };
  return {
    readSize: throttle.readSize(connections, READ_SIZE),
    minRate: Math.min(MIN_BYTES_PER_SECOND, throttle.bytesPerSecond / (4 * connections)),
  };
}

/** Fetches one segment over one connection and writes it in place. */
export class SegmentDownload {
  readonly segment: Segment;
  readonly url: URL;
  readonly #options: SegmentDownloadOptions;
  #writer: WriteBuffer | undefined;
  readonly #stalled = new AbortController();
  readonly #requestedAt: number;
  #firstByteAt: number | undefined;
  #lastByteAt: number | undefined;
  /** Whether bytes may wait because the disk or the rate limit is slow. */
  #isHeld = false;
  #roundTripMs = 0;
  #isNearEnd = false;
  #received = 0;
  #responseEnd = Number.POSITIVE_INFINITY;
  #isCut = false;
  #endsWithBody = false;
  #speedSince: { readonly at: number; readonly received: number };
  #rateSince: { readonly at: number; readonly received: number };

  constructor(segment: Segment, url: URL, options: SegmentDownloadOptions) {
    this.segment = segment;
    this.url = url;
    this.#options = options;
    this.#requestedAt = options.monotonic();
    this.#speedSince = { at: this.#requestedAt, received: 0 };
    this.#rateSince = this.#speedSince;
  }

  /** Whether the next request may be on its way behind this one. */
  get isNearEnd(): boolean {
    return this.#isNearEnd;
  }

  /** Whether only the end of the body has shown where the file ends. */
  get endsWithBody(): boolean {
    return this.#endsWithBody;
  }

  /** Bytes received. */
  get received(): number {
    return this.#received;
  }

  /** Fetches the segment up to its end at that time. After an error, all received bytes are written, too. */
  async run(): Promise<void> {
    const { http, signal, accept, readSize, pipeline } = this.#options;
    const { preempted } = this.segment;
    const response = await http.getFollowing(this.url, {
      headers: this.#headers(),
      signal: AbortSignal.any([signal, preempted.signal, this.#stalled.signal]),
      readSize,
      ...(pipeline && { pipeline }),
    });
    this.#roundTripMs = response.roundTripMs ?? 0;
    try {
      const body = accept(response, this.segment);
      this.#responseEnd = body.end ?? Number.POSITIVE_INFINITY;
      if (this.#responseEnd > this.segment.position) await this.#receive(response);
    } finally {
      response.close();
    }
  }

  tick(): void {
    const now = this.#options.monotonic();
    if (this.#writer && this.#writer.waiting >= SIGNATURE_LENGTH) this.#writer.flushSoon();
    const elapsed = now - this.#speedSince.at;
    if (elapsed >= SPEED_WINDOW_MS / 4) {
      const rate = ((this.#received - this.#speedSince.received) / elapsed) * 1000;
      const weight = Math.min(1, elapsed / SPEED_WINDOW_MS);
      this.segment.speed =
        this.segment.speed === 0 ? rate : this.segment.speed * (1 - weight) + rate * weight;
      this.#speedSince = { at: now, received: this.#received };
    }
    this.segment.isMeasured = this.#firstByteAt !== undefined && now - this.#firstByteAt >= SPEED_WINDOW_MS;
    const quietMs = this.#isHeld ? 0 : now - (this.#lastByteAt ?? this.#requestedAt);
    this.segment.isStalled = quietMs > (this.#firstByteAt === undefined ? MAX_LATENCY_MS : PAUSE_MS);
    this.#checkRate(now);
  }

  #checkRate(now: number): void {
    const elapsed = now - this.#rateSince.at;
    if (elapsed < (this.#options.stallTimeoutMs ?? STALL_TIMEOUT_MS)) return;
    const rate = ((this.#received - this.#rateSince.received) / elapsed) * 1000;
    this.#rateSince = { at: now, received: this.#received };
    if (rate >= this.#options.minRate || this.#firstByteAt === undefined) return;
    const message = `${this.#options.name}: ${this.url.host} sends too slowly.`;
    this.#stalled.abort(new NetworkError('timeout', message));
  }

  #headers(): Record<string, string> {
    const { position, end } = this.segment;
    const isToTheEnd = end >= (this.#options.total() ?? Number.POSITIVE_INFINITY);
    return rangeHeaders(position, isToTheEnd ? undefined : end, this.url.origin, this.#options.validator);
  }

  async #receive(response: HttpResponse): Promise<void> {
    const writer = new WriteBuffer(this.#options.write, this.segment.position, this.#options.buffers);
    this.#writer = writer;
    try {
      await response.receive((chunk) => this.#take(chunk, writer, response));
    } catch (error) {
      if (!this.#isCut) throw error;
    } finally {
      await writer.flush();
    }
    if (this.#isCut || this.segment.position >= Math.min(this.segment.end, this.#responseEnd)) return;
    if (this.#responseEnd === Number.POSITIVE_INFINITY && this.#options.total() === undefined) {
      // Only the end of the body shows how long the file is.
      this.segment.end = this.segment.position;
      this.#endsWithBody = true;
      return;
    }
    throw new NetworkError('broken', `${this.#options.name}: ${this.#brokenAt(response)}`);
  }

  #brokenAt({ url }: HttpResponse): string {
    const total = this.#options.total();
    return `${url.host} ended the connection at byte ${this.segment.position}${total === undefined ? '' : ` of ${total}`}.`;
  }

  #take(chunk: Uint8Array, writer: WriteBuffer, response: HttpResponse): Promise<void> | undefined {
    const { segment } = this;
    if (this.#isCut) return undefined;
    this.#lastByteAt = this.#options.monotonic();
    this.#firstByteAt ??= this.#lastByteAt;
    while (
      segment.position + chunk.length >= segment.end &&
      segment.end < this.#responseEnd &&
      this.#options.extend(segment)
    );
    const limit = Math.min(this.#responseEnd, this.#options.total() ?? Number.POSITIVE_INFINITY);
    if (segment.position + chunk.length > limit) {
      throw new ContentError(
        'too-long',
        `${this.#options.name}: ${response.url.host} sent more bytes than the file has.`,
      );
    }
    const wanted = chunk.subarray(0, Math.max(0, segment.end - segment.position));
    const writing = writer.add(wanted);
    segment.position += wanted.length;
    this.#received += wanted.length;
    this.#watchEnd();
    const waiting = this.#options.onBytes(wanted.length);
    if (segment.position >= segment.end && segment.end < this.#responseEnd) {
      this.#isCut = true;
      response.close();
    }
    return writing || waiting ? this.#hold(writing, waiting) : undefined;
  }

  /** Reports the end in time for the next request to arrive at the host when the last byte has left it. */
  #watchEnd(): void {
    const { position, end, speed } = this.segment;
    if (this.#isNearEnd || end < this.#responseEnd) return;
    if ((end - position) * 1000 > speed * this.#roundTripMs) return;
    this.#isNearEnd = true;
    this.#options.onNearEnd?.();
  }

  async #hold(...reasons: readonly (Promise<void> | undefined)[]): Promise<void> {
    this.#isHeld = true;
    try {
      await Promise.all(reasons);
    } finally {
      this.#isHeld = false;
      this.#lastByteAt = this.#options.monotonic();
    }
  }
}
