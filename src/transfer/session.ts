import { BlockPool, blockSize } from '../disk/block-pool.js';
import { checkSpace } from '../disk/check-space.js';
import type { Verification } from '../disk/checksum/checksum.js';
import { ContentError } from '../errors.js';
import type { HttpResponse } from '../http/client.js';
import { Patience } from '../http/patience.js';
import { retryWait } from '../http/retry.js';
import { validatorOf } from './byte-ranges.js';
import { Growth } from './connections.js';
import type { Landing } from './destination.js';
import type { PartFile } from './part-file.js';
import { type Offer, readOffer, UrlRefused } from './response.js';
import { Receiver, type ReceiverDeps } from './segment-download.js';
import { type Piece, Pieces } from './segments.js';
import { Location } from './signed-url.js';
import type { TransferDeps, TransferRequest } from './transfer.js';
import { defaultTuning, type Tuning } from './tuning.js';
import { runCrew } from './worker-pool.js';

/** Answers that are not the file, of which nothing is kept, are asked for anew so often: that costs hardly anything. */
const MOST_WRONG_CONTENTS = 2;
/** After these, what is there may be a mixture: it is fetched once more as a whole, and a short file twice. */
const FLAWS = new Set(['wrong-checksum', 'wrong-range']);
/** Bytes of a file that is quickly there again. */
const SHORT = 16 * 1024 * 1024;
/** A file that changes under our hands again and again is none. */
const MOST_RESTARTS = 3;
/** Bytes per second below which a connection counts as dead, where no limit was asked for. */
const FLOOR = 1_000;
/** Bytes that are read from a connection at a time, where no limit was asked for. */
const READ_SIZE = 64 * 1024;
/** Bytes that a fresh URL has to bring before the next one may be asked for without being counted. */
const WORTH_A_URL = 16 * 1024 * 1024;

/** Bytes that come in about the time in which another file's URL is asked for. */
const LITTLE = 1024 * 1024;

/** Everything has to be fetched again, because of what the error says. */
class StartOver extends Error {
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
  readonly #deps: TransferDeps;
  readonly #tuning: Tuning;
  readonly #landing: Landing;
  readonly #part: PartFile;
  readonly #name: string;
  readonly #patience: Patience;
  readonly #location: Location;
  readonly #growth: Growth;
  readonly #blocks: BlockPool;
  readonly #receivers = new Set<Receiver>();
  #pieces: Pieces;
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

  constructor(request: TransferRequest, deps: TransferDeps, landing: Landing, name: string) {
    this.#request = request;
    this.#deps = deps;
    this.#tuning = deps.tuning ?? defaultTuning;
    this.#landing = landing;
    this.#part = landing.part;
    this.#name = name;
    this.#patience = new Patience(deps.retry);
    this.#location = new Location(request.locate, this.#patience, deps.signal);
    this.#growth = new Growth(deps.connections, this.#tuning.eager ? deps.connections : 1);
    this.#blocks = deps.blocks ?? new BlockPool(blockSize(deps.connections));
    this.#pieces = this.#newPieces();
    this.#granted = this.#growth.wanted;
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
        await this.#startOver(error);
      }
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
    }).finally(() => this.#deps.sharedConnections?.release(this));
  }

  async #verify(): Promise<Verification> {
    this.#tellProgress();
    const verified = await this.#landing.verify(this.#deps.signal);
    const tail = this.#lastByte === undefined ? 0 : this.#deps.now() - this.#lastByte;
    this.#deps.onNotice({ type: 'verified', by: verified, tail });
    return verified;
  }

  /** Prepares to fetch everything again, or throws what makes that pointless. */
  async #startOver(error: unknown): Promise<void> {
    const { signal } = this.#deps;
    if (signal.aborted) throw signal.reason;
    const isFlawed = this.#part.done.size > 0 && error instanceof ContentError && FLAWS.has(error.code);
    if (error instanceof StartOver) {
      if (error.error && this.#restarts++ >= MOST_RESTARTS) throw error.error;
    } else if (isFlawed && this.#restarts++ < (this.#part.done.size <= SHORT ? 2 : 1)) {
      this.#inParts = false;
    } else {
      throw error;
    }
    await this.#forget(error instanceof StartOver ? error.error : error);
    this.#pieces = this.#newPieces();
  }

  async #forget(why: unknown): Promise<void> {
    const isLoss = why instanceof Error && this.#part.done.size > 0;
    if (isLoss) this.#deps.onNotice({ type: 'started-over', why: why.message });
    this.#ignoresTags = this.#landing.hasChecksum && this.#restarts > 1;
    await this.#landing.forget();
  }

  #newPieces(): Pieces {
    return new Pieces(this.#part.done, this.#request.size, this.#tuning.leastShare);
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
      const url = await this.#location.get();
      this.#isUrlKnown = true;
      this.#tellIfNearlyThere();
      receiver = new Receiver(piece, url, this.#receiverDeps(signal));
      this.#receivers.add(receiver);
      await receiver.run();
      this.#pieces.total ??= piece.position;
      return true;
    } catch (error) {
      // A URL that can't be had is final: all retries were used up for it.
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
      validator: this.#ignoresTags ? undefined : this.#part.validator,
      total: () => this.#pieces.total,
      accept: (response, piece) => this.#accept(response, piece),
      write: (block, position) => this.#write(block, position),
      blocks: this.#blocks,
      onBytes: (count) => {
        this.#lastByte = now();
        const wait = throttle?.count(count) ?? 0;
        return wait > 0 ? retry.sleep(wait, signal) : undefined;
      },
      extend: (piece) => this.#pieces.extend(piece, this.#pieceSize(piece.speed)),
      readSize: throttle ? throttle.readSize(connections, READ_SIZE) : READ_SIZE,
      floor: throttle ? Math.min(FLOOR, throttle.bytesPerSecond / (4 * connections)) : FLOOR,
    };
  }

  async #accept(response: HttpResponse, piece: Piece): Promise<Offer> {
    const size = this.#pieces.total ?? this.#request.size;
    const offer = readOffer(response, { name: this.#name, start: piece.position, size });
    const validator = validatorOf(response.url.origin, response.header('etag'));
    const before = this.#part.validator;
    const isOther = before?.origin === validator?.origin && before?.entityTag !== validator?.entityTag;
    const hasChanged = isOther && !this.#ignoresTags;
    if (hasChanged && offer.start > 0) throw new StartOver(this.#changed(response));
    if (offer.start !== piece.position) await this.#takeWhole(response, piece, hasChanged);
    this.#part.validator = validator ?? before;
    this.#pieces.total ??= offer.total;
    if (!this.#isUnderWay && this.#pieces.total !== undefined && !this.#deps.forceSpace) {
      checkSpace(this.#request.target, this.#pieces.total - this.#part.done.size);
    }
    this.#isUnderWay = true;
    return offer;
  }

  /** The host sends all from the beginning on, because the file has changed, or it serves no parts. */
  async #takeWhole(response: HttpResponse, piece: Piece, hasChanged: boolean): Promise<void> {
    const what = `${this.#name}: ${response.url.host} serves no parts of the file.`;
    const error = hasChanged ? this.#changed(response) : new ContentError('wrong-range', what);
    this.#inParts &&= hasChanged;
    // What others are about to write must not meet a file that starts again.
    if (this.#receivers.size > 1) throw hasChanged ? new StartOver(error) : error;
    if (this.#restarts++ >= MOST_RESTARTS) throw error;
    await this.#forget(error);
    this.#pieces.rewind(piece);
  }

  #changed({ url }: HttpResponse): ContentError {
    return new ContentError('changed', `${this.#name}: the file on ${url.host} has changed.`);
  }

  async #write(block: Buffer, position: number): Promise<void> {
    await this.#landing.write(block, position);
    const { size } = this.#part.done;
    if (size <= this.#reached) return;
    this.#reached = size;
    this.#patience.renew();
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
    const areOthersBusy = this.#busy() > 0;
    if (error instanceof ContentError && areOthersBusy) return this.#giveWay();
    if (error instanceof ContentError && this.#wrongContents++ < MOST_WRONG_CONTENTS) return true;
    if (areOthersBusy && retryWait(error, 1, this.#deps.retry.random) !== undefined) {
      return receiver.received > 0 || this.#giveWay();
    }
    await this.#patience.wait(error, signal);
    if (!this.#inParts) throw new StartOver();
    return true;
  }

  #giveWay(): false {
    this.#growth.refuse(this.#busy(), this.#deps.now());
    return false;
  }

  /** Everything that has to be looked after while bytes come; says how many connections are wanted. */
  #look(): number {
    for (const receiver of this.#receivers) {
      receiver.look();
      this.#latency = receiver.latency ?? this.#latency;
    }
    this.#landing.look();
    this.#tellProgress();
    this.#tellIfNearlyThere();
    if (this.#canShare()) {
      const { received } = this.#pieces;
      this.#growth.observe({ now: this.#deps.now(), received, busy: this.#busy(), latency: this.#latency });
    }
    this.#claim();
    const wanted = this.#wanted();
    if (wanted !== this.#connections) this.#deps.onNotice({ type: 'connections', count: wanted });
    this.#connections = wanted;
    return wanted;
  }

  #tellProgress(): void {
    this.#deps.onProgress(this.#pieces.received, this.#pieces.total);
  }

  #tellIfNearlyThere(): void {
    const { total = Number.POSITIVE_INFINITY, received } = this.#pieces;
    if (this.#isUrlKnown && total - received <= LITTLE) this.#deps.onNearlyThere?.();
  }

  #canShare(): boolean {
    const { total } = this.#pieces;
    return this.#inParts && this.#isUnderWay && total !== undefined && total >= this.#tuning.parallelFrom;
  }

  #wanted(): number {
    return this.#canShare() ? Math.min(this.#growth.wanted, this.#granted) : 1;
  }

  /** Asks for connections beyond the first, which others may want, too. */
  #claim(): void {
    const wanted = this.#canShare() ? this.#growth.wanted : 1;
    const { sharedConnections } = this.#deps;
    this.#granted = sharedConnections ? 1 + sharedConnections.claim(this, wanted - 1) : wanted;
  }

  /** Connections that have brought something. */
  #busy(): number {
    return [...this.#receivers].filter(({ received }) => received > 0).length;
  }

  /** A connection alone asks for all that is missing; one of several for some seconds' worth, so that the checksum can follow. */
  #pieceSize(speed: number): number {
    if (this.#wanted() === 1) return Number.POSITIVE_INFINITY;
    const { leastPiece, mostPiece } = this.#tuning;
    return Math.min(mostPiece, Math.max(leastPiece, Math.round(speed * 2)));
  }
}
