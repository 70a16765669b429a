import { basename } from 'node:path';
import { hasProof, type Verification } from '../disk/checksum/checksum.js';
import { isSizeClose } from '../disk/checksum/verify-file.js';
import { BufferPool, bufferSize } from '../disk/write-buffer.js';
import { ContentError, NetworkError } from '../errors.js';
import { Attempt, type AttemptMode } from './attempt.js';
import { ConnectionScaler } from './connections.js';
import type { Destination } from './destination.js';
import { ContinueNeeded, decideRestart, isMixture, RestartNeeded } from './recovery.js';
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
    this.#mode = { withRanges: true, guardsTag: !hasProof(request) };
    this.#buffers = options.buffers ?? new BufferPool(bufferSize(options.maxConnections));
    this.#segments = this.#newSegments();
  }

  /** @throws any error of `errors.ts` after all connections have ended */
  async complete(): Promise<Verification | undefined> {
    for (;;) {
      try {
        while (!this.#isComplete()) await this.#attempt();
        this.#options.onReceived?.();
        return await this.#verify();
      } catch (error) {
        this.#options.signal.throwIfAborted();
        if (error instanceof ContinueNeeded) await this.#continueAfter(error.error);
        else await this.#restart(error);
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

  async #verify(): Promise<Verification | undefined> {
    const { signal, monotonic, onEvent } = this.#options;
    const algorithm = await this.#destination.verify(signal).catch((error: unknown) => {
      throw this.#explain(error);
    });
    if (!algorithm && this.#mayBeBroken()) throw this.#bodyBroken();
    const warning = this.#destination.describeMislabeled();
    if (warning !== undefined) onEvent({ type: 'warned', message: warning });
    const verified = algorithm ?? (this.#segments.isTotalAssumed ? undefined : 'size');
    const tail = this.#lastByteAt === undefined ? 0 : monotonic() - this.#lastByteAt;
    if (verified) onEvent({ type: 'verified', by: verified, tail });
    return verified;
  }

  /** Whether a body without a length ended so early that its connection may have broken. */
  #mayBeBroken(): boolean {
    const { size } = this.#request;
    const { prefixEnd } = this.#destination.part.done;
    return (
      this.#segments.isTotalAssumed && size !== undefined && prefixEnd < size && !isSizeClose(prefixEnd, size)
    );
  }

  #bodyBroken(): ContinueNeeded {
    const { target, size } = this.#request;
    const { prefixEnd } = this.#destination.part.done;
    const message = `${basename(target)}: the connection ended at byte ${prefixEnd} of about ${size}.`;
    return new ContinueNeeded(new NetworkError('broken', message));
  }

  /** Turns an error of the verification into the next step, and adds why the bytes may be wrong. */
  #explain(error: unknown): unknown {
    if (!(error instanceof ContentError)) return error;
    const explained = this.#destination.explain(error);
    if (explained.code === 'wrong-kind') return new RestartNeeded(explained, { hasWrongBytes: true });
    return this.#mayBeBroken() ? this.#bodyBroken() : explained;
  }

  /** Requests the rest of a body that ended too early. */
  async #continueAfter(error: unknown): Promise<void> {
    await this.#retryState.budget.wait(error, this.#options.signal);
    this.#segments = this.#newSegments();
  }

  /** Empties the part file for another attempt, or throws the error if another attempt is pointless. */
  async #restart(error: unknown): Promise<void> {
    const written = this.#destination.part.done.size;
    const restart = decideRestart(error, { written, restarts: this.#restarts });
    const cause = error instanceof RestartNeeded ? error.error : error;
    if (restart === 'none') {
      if (error instanceof RestartNeeded && error.hasWrongBytes) await this.#destination.reset();
      throw cause;
    }
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

  /** The size of an earlier run is an estimate, too, unless all bytes are there. */
  #newSegments(): SegmentQueue {
    const { done, total } = this.#destination.part;
    const known = total !== undefined && done.prefixEnd >= total ? total : undefined;
    return new SegmentQueue(done, known, this.#tuning.minShare, total ?? this.#request.size);
  }
}
