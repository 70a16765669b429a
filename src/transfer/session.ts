import type { Verification } from '../disk/checksum/checksum.js';
import { BufferPool, bufferSize } from '../disk/write-buffer.js';
import { Attempt, type AttemptMode } from './attempt.js';
import { ConnectionScaler } from './connections.js';
import type { Destination } from './destination.js';
import { decideRestart, isMixture, RestartNeeded } from './recovery.js';
import type { TransferOptions, TransferRequest } from './request.js';
import { RetryState } from './retry-state.js';
import { SegmentQueue } from './segments.js';
import { defaultTuning, type Tuning } from './tuning.js';

/**
 * Completes one part file: a loop of attempts, each of which ends with all of its connections before the next begins.
 * So nothing writes to a part file that is being emptied.
 */
export class Session {
  readonly #request: TransferRequest;
  readonly #options: TransferOptions;
  readonly #tuning: Tuning;
  readonly #destination: Destination;
  readonly #retryState: RetryState;
  readonly #scaler: ConnectionScaler;
  readonly #buffers: BufferPool;
  #segments: SegmentQueue;
  #mode: AttemptMode;
  #restarts = 0;
  #lastByteAt: number | undefined;

  constructor(request: TransferRequest, options: TransferOptions, destination: Destination) {
    this.#request = request;
    this.#options = options;
    this.#tuning = options.tuning ?? defaultTuning;
    this.#destination = destination;
    this.#retryState = new RetryState(request.fetchUrl, options, destination.part.done.size);
    this.#scaler = new ConnectionScaler(options.maxConnections);
    this.#mode = { withRanges: true, guardsTag: request.sha256 === undefined };
    this.#buffers = options.buffers ?? new BufferPool(bufferSize(options.maxConnections));
    this.#segments = this.#newSegments();
  }

  /** @throws any error of `errors.ts` after all connections have ended */
  async complete(): Promise<Verification> {
    for (;;) {
      try {
        while (!this.#isComplete()) await this.#attempt();
        this.#options.onReceived?.();
        return await this.#verify();
      } catch (error) {
        this.#options.signal.throwIfAborted();
        await this.#restart(error);
      }
    }
  }

  #isComplete(): boolean {
    const { total } = this.#segments;
    return total !== undefined && this.#destination.part.done.prefixEnd >= total;
  }

  #attempt(): Promise<void> {
    return new Attempt({
      request: this.#request,
      options: this.#options,
      tuning: this.#tuning,
      destination: this.#destination,
      retryState: this.#retryState,
      scaler: this.#scaler,
      buffers: this.#buffers,
      segments: this.#segments,
      mode: this.#mode,
      onBytes: () => {
        this.#lastByteAt = this.#options.monotonic();
      },
    }).run();
  }

  async #verify(): Promise<Verification> {
    const { signal, monotonic, onEvent } = this.#options;
    const verified = await this.#destination.verify(signal);
    const tail = this.#lastByteAt === undefined ? 0 : monotonic() - this.#lastByteAt;
    onEvent({ type: 'verified', by: verified, tail });
    return verified;
  }

  /** Empties the part file for another attempt, or throws the error if another attempt is pointless. */
  async #restart(error: unknown): Promise<void> {
    const written = this.#destination.part.done.size;
    const restart = decideRestart(error, { written, restarts: this.#restarts });
    const cause = error instanceof RestartNeeded ? error.error : error;
    if (restart === 'none') throw cause;
    const isRetry = error instanceof RestartNeeded && error.isRetry;
    if (!isRetry) this.#restarts++;
    if (!isRetry && cause instanceof Error && written > 0) {
      this.#options.onEvent({ type: 'started-over', why: cause.message });
    }
    this.#mode = {
      withRanges: this.#mode.withRanges && restart !== 'whole',
      // After a mixture of two files, all bytes have to come from one of them.
      guardsTag: this.#mode.guardsTag || isMixture(cause),
    };
    await this.#destination.reset();
    this.#segments = this.#newSegments();
  }

  #newSegments(): SegmentQueue {
    return new SegmentQueue(this.#destination.part.done, this.#request.size, this.#tuning.minShare);
  }
}
