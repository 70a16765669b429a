import { ContentError } from '../errors.js';
import type { HttpResponse } from '../http/http.js';
import { retryWait, waitForRetry } from '../http/retry.js';
import { checkChecksum, expectedChecksum, type Verification } from './checksum.js';
import { BEGINNING, checkBeginning } from './content.js';
import { runCrew } from './crew.js';
import { createFrontChecksum, type FrontChecksum } from './front-checksum.js';
import { Growth } from './growth.js';
import { Keeper } from './keeper.js';
import { Location } from './location.js';
import { type Offer, readOffer, UrlRefused } from './offer.js';
import { checkSpace, type PartFile } from './part-file.js';
import { type Piece, Pieces } from './pieces.js';
import { validatorOf } from './range.js';
import { Receiver, type ReceiverDeps } from './receiver.js';
import type { TransferDeps, TransferRequest } from './transfer.js';
import { defaultTuning, type Tuning } from './tuning.js';

/** Wrong bytes are asked for once more: the second time, it is not the network that is wrong. */
const MOST_WRONG_CONTENTS = 1;
/** A file that changes under our hands again and again is none. */
const MOST_RESTARTS = 3;
/** Bytes per second below which a connection counts as dead, where no limit was asked for. */
const FLOOR = 1_000;
/** Bytes that a fresh URL has to bring before the next one may be asked for without being counted. */
const WORTH_A_URL = 16 * 1024 * 1024;

/** Everything has to be fetched again, because of what the error says. */
class StartOver extends Error {
  /** Whether parts of the file can be had; else it comes as a whole over one connection. */
  readonly inParts: boolean;
  /** What to end with when it has happened too often; undefined where that is limited already. */
  readonly error: ContentError | undefined;

  constructor(inParts: boolean, error?: ContentError) {
    super('start over', { cause: error });
    this.inParts = inParts;
    this.error = error;
  }
}

/** One file on its way into its part file, over as many connections as help, until it is complete and verified. */
export class Session {
  readonly #request: TransferRequest;
  readonly #deps: TransferDeps;
  readonly #tuning: Tuning;
  readonly #part: PartFile;
  readonly #name: string;
  readonly #location: Location;
  readonly #keeper: Keeper;
  readonly #growth: Growth;
  readonly #checksum: FrontChecksum | undefined;
  readonly #receivers = new Set<Receiver>();
  #pieces: Pieces;
  /** Whether the host serves parts of the file, as far as is known. */
  #inParts = true;
  #hasRoom = false;
  /** Most bytes there ever were: only beyond them a retry counts as a success. */
  #reached: number;
  #reachedAtRenewal = 0;
  #failures = 0;
  #wrongContents = 0;
  #restarts = 0;
  #latency = 0;
  #lastByte = 0;
  #told = 1;

  constructor(request: TransferRequest, deps: TransferDeps, part: PartFile, name: string) {
    this.#request = request;
    this.#deps = deps;
    this.#tuning = deps.tuning ?? defaultTuning;
    this.#part = part;
    this.#name = name;
    this.#location = new Location(request.locate, deps.retry, deps.signal);
    this.#keeper = new Keeper(part, this.#tuning, deps.now);
    this.#growth = new Growth(deps.connections, this.#tuning.eager ? deps.connections : 1);
    const expected = expectedChecksum(request);
    this.#checksum = expected && createFrontChecksum({ path: part.path, ...expected }, request.size);
    this.#pieces = this.#newPieces();
    this.#reached = part.done.size;
  }

  async complete(): Promise<Verification> {
    this.#checksum?.advance(this.#part.done.front);
    try {
      for (;;) {
        try {
          while (!this.#isComplete()) await this.#fetch();
          return await this.#verify();
        } catch (error) {
          await this.#startOver(error);
        }
      }
    } finally {
      await this.#keeper.rest();
      await this.#checksum?.close();
    }
  }

  #isComplete(): boolean {
    return this.#pieces.total !== undefined && this.#part.done.front >= this.#pieces.total;
  }

  #fetch(): Promise<void> {
    this.#tellProgress();
    return runCrew({
      work: (signal) => this.#work(signal),
      look: () => this.#look(),
      every: this.#tuning.tick,
      signal: this.#deps.signal,
    });
  }

  /** One connection's life: piece after piece, as long as it is wanted. */
  async #work(signal: AbortSignal): Promise<void> {
    let speed = 0;
    while (!signal.aborted && (this.#receivers.size === 0 || this.#receivers.size < this.#wanted())) {
      const piece = this.#pieces.take({ size: this.#pieceSize(speed), speed });
      if (!piece) return;
      const goesOn = await this.#fetchPiece(piece, signal);
      if (!goesOn) return;
      speed = piece.speed;
    }
  }

  /** @returns whether the connection should go on */
  async #fetchPiece(piece: Piece, signal: AbortSignal): Promise<boolean> {
    let receiver: Receiver | undefined;
    try {
      receiver = new Receiver(piece, await this.#location.get(), this.#receiverDeps(signal));
      this.#receivers.add(receiver);
      await receiver.run();
      this.#pieces.total ??= piece.position;
      return true;
    } catch (error) {
      if (!receiver) throw error;
      this.#receivers.delete(receiver);
      this.#pieces.release(piece);
      return await this.#recover(error, receiver, signal);
    } finally {
      if (receiver) this.#receivers.delete(receiver);
      this.#pieces.release(piece);
    }
  }

  #receiverDeps(signal: AbortSignal): ReceiverDeps {
    const { http, now, throttle, retry, connections } = this.#deps;
    return {
      name: this.#name,
      http,
      signal,
      now,
      validator: this.#part.validator,
      total: () => this.#pieces.total,
      accept: (response, piece) => this.#accept(response, piece),
      write: (block, position) => this.#write(block, position),
      onBytes: (count) => {
        this.#lastByte = now();
        const wait = throttle?.count(count) ?? 0;
        return wait > 0 ? retry.sleep(wait, signal) : undefined;
      },
      extend: (piece) => this.#pieces.extend(piece, this.#pieceSize(piece.speed)),
      floor: throttle ? Math.min(FLOOR, throttle.bytesPerSecond / (4 * connections)) : FLOOR,
    };
  }

  async #accept(response: HttpResponse, piece: Piece): Promise<Offer> {
    const { size } = this.#request;
    const offer = readOffer(response, {
      name: this.#name,
      start: piece.position,
      size: this.#pieces.total ?? size,
    });
    const validator = validatorOf(response.url.origin, response.header('etag'));
    const before = this.#part.validator;
    const isOther = before?.origin === validator?.origin && before?.entityTag !== validator?.entityTag;
    if (this.#part.done.size > 0 && isOther) throw this.#hasChanged(response);
    if (offer.start !== piece.position) throw this.#comesWhole(response);
    this.#part.validator = validator ?? before;
    this.#pieces.total ??= offer.total;
    await this.#checkRoom();
    return offer;
  }

  #hasChanged({ url }: HttpResponse): StartOver {
    return new StartOver(
      true,
      new ContentError('changed', `${this.#name}: the file on ${url.host} has changed.`),
    );
  }

  /** The host sends all from the beginning on, whatever was asked for. */
  #comesWhole({ url }: HttpResponse): Error {
    this.#inParts = false;
    const error = new ContentError('wrong-range', `${this.#name}: ${url.host} serves no parts of the file.`);
    return this.#othersBusy() ? error : new StartOver(false, error);
  }

  async #checkRoom(): Promise<void> {
    if (this.#hasRoom || this.#pieces.total === undefined) return;
    await checkSpace(this.#request.target, this.#pieces.total - this.#part.done.size);
    this.#hasRoom = true;
  }

  async #write(block: Buffer, position: number): Promise<void> {
    if (position === 0) checkBeginning(this.#name, block.subarray(0, BEGINNING));
    await this.#part.write(block, position);
    this.#checksum?.advance(this.#part.done.front);
    const { size } = this.#part.done;
    if (size <= this.#reached) return;
    this.#reached = size;
    this.#failures = 0;
    if (size - this.#reachedAtRenewal >= WORTH_A_URL) this.#location.works();
  }

  /**
   * Prepares a connection's next try.
   * @returns false when the connection should end, since others are served better
   * @throws what ends all connections
   */
  async #recover(error: unknown, receiver: Receiver, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (receiver.piece.dismissed.signal.aborted) return true;
    if (error instanceof UrlRefused) {
      this.#location.refuse(receiver.url, error);
      this.#reachedAtRenewal = this.#reached;
      return true;
    }
    if (error instanceof ContentError && this.#othersBusy()) return this.#giveWay();
    if (error instanceof ContentError && this.#wrongContents++ < MOST_WRONG_CONTENTS) return true;
    if (this.#othersBusy() && retryWait(error, 1, this.#deps.retry.random) !== undefined) {
      return receiver.received > 0 || this.#giveWay();
    }
    await waitForRetry(error, ++this.#failures, this.#deps.retry, signal);
    if (!this.#inParts) throw new StartOver(false);
    return true;
  }

  #giveWay(): false {
    this.#growth.refuse(this.#busy(), this.#deps.now());
    return false;
  }

  /** Prepares to fetch everything again, or throws what makes that pointless. */
  async #startOver(error: unknown): Promise<void> {
    const { signal, onNotice } = this.#deps;
    if (signal.aborted) throw signal.reason;
    const isFlawed =
      error instanceof ContentError && (error.code === 'wrong-checksum' || error.code === 'wrong-range');
    if (error instanceof StartOver && error.error && this.#restarts++ >= MOST_RESTARTS) throw error.error;
    if (!(error instanceof StartOver) && !(isFlawed && this.#restarts++ < 1)) throw error;
    this.#inParts = error instanceof StartOver && error.inParts;
    const why = error instanceof StartOver ? error.error : error;
    if (why && this.#part.done.size > 0) onNotice({ type: 'started-over', why: why.message });
    await this.#keeper.rest();
    await this.#part.restart();
    this.#checksum?.reset();
    this.#pieces = this.#newPieces();
  }

  #newPieces(): Pieces {
    return new Pieces(this.#part.done, this.#request.size, this.#tuning.leastShare);
  }

  async #verify(): Promise<Verification> {
    const expected = expectedChecksum(this.#request);
    this.#tellProgress();
    if (!expected || !this.#checksum) return 'size';
    const found = await this.#checksum.finish(this.#part.done.front);
    checkChecksum(this.#name, expected.algorithm, expected.value, found);
    this.#deps.onNotice({
      type: 'verified',
      tail: this.#lastByte === 0 ? 0 : this.#deps.now() - this.#lastByte,
    });
    return expected.algorithm;
  }

  /** Everything that has to be looked after while bytes come. */
  #look(): number {
    for (const receiver of this.#receivers) {
      receiver.look();
      this.#latency = receiver.latency ?? this.#latency;
    }
    this.#keeper.look();
    this.#tellProgress();
    const wanted = this.#wanted();
    if (this.#canShare()) {
      const { received } = this.#pieces;
      this.#growth.observe({ now: this.#deps.now(), received, busy: this.#busy(), latency: this.#latency });
    }
    if (wanted !== this.#told) this.#deps.onNotice({ type: 'connections', count: wanted });
    this.#told = wanted;
    return wanted;
  }

  #tellProgress(): void {
    this.#deps.onProgress(this.#pieces.received, this.#pieces.total);
  }

  #canShare(): boolean {
    const { total } = this.#pieces;
    return this.#inParts && total !== undefined && total >= this.#tuning.parallelFrom && this.#busy() > 0;
  }

  #wanted(): number {
    return this.#canShare() ? this.#growth.wanted : 1;
  }

  #busy(): number {
    return [...this.#receivers].filter(({ received }) => received > 0).length;
  }

  #othersBusy(): boolean {
    return this.#busy() > 0;
  }

  /** A connection alone asks for all that is missing; one of several for some seconds' worth, so that the checksum can follow. */
  #pieceSize(speed: number): number {
    if (this.#wanted() === 1) return Number.POSITIVE_INFINITY;
    const { leastPiece, mostPiece } = this.#tuning;
    return Math.min(mostPiece, Math.max(leastPiece, speed * 2));
  }
}
