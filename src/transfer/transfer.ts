import { basename } from 'node:path';
import { ContentError, NetworkError } from '../errors.js';
import type { Http, HttpResponse } from '../http/http.js';
import { type RetryPolicy, waitForRetry } from '../http/retry.js';
import { type Checksums, RunningChecksum, type Verification } from './checksum.js';
import { BEGINNING, checkBeginning } from './content.js';
import { gather } from './gather.js';
import { readOffer, UrlRefused } from './offer.js';
import { openPartFile, type PartFile } from './part-file.js';
import { rangeHeaders, validatorOf } from './range.js';

/** One file to fetch: knows nothing of where the URL comes from or what the file is for. */
export interface TransferRequest extends Checksums {
  /** Absolute path. */
  readonly target: string;
  /** Names the file on offer over all runs and URLs, so that bytes of another one are never continued. */
  readonly key: string;
  /** Gives a URL that may expire. Called once, and again only when a URL was refused or led to the wrong file. */
  readonly locate: (signal: AbortSignal) => Promise<URL>;
  /** Bytes, if known; another size is refused before any byte of it. */
  readonly size?: number | undefined;
}

export interface TransferDeps {
  readonly http: Http;
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal;
  /** Told with every chunk how many bytes have arrived, of how many if known. */
  readonly onProgress: (received: number, total: number | undefined) => void;
}

/** A file that is complete under its final name. */
export interface Transferred {
  /** Bytes. */
  readonly size: number;
  /** Bytes of it that an earlier run had left. */
  readonly resumed: number;
  readonly verified: Verification;
}

/** A host that refuses every fresh URL is not asked without end: each URL counts against the user's daily limit. */
const MOST_RENEWALS = 3;
/** Wrong bytes are fetched once more: the second time, it is not the network that is wrong. */
const MOST_WRONG_CONTENTS = 1;

/**
 * Fetches a file: streams it into a part file with its checksum on the way, and gives it its name when it is whole and
 * verified. What broke is continued where it stopped; the count of retries starts anew with each new byte. When it
 * fails for good, or the signal aborts, the part file stays for the next call to continue, unless its bytes are wrong.
 * @throws any error of `errors.ts`, or the signal's reason
 */
export async function transfer(request: TransferRequest, deps: TransferDeps): Promise<Transferred> {
  const { key, size, sha256 } = request;
  const part = await openPartFile(request.target, { key, size, sha256 });
  try {
    const transferred = await new TransferRun(request, deps, part).complete();
    await part.commit();
    return transferred;
  } catch (error) {
    await (areBytesWrong(error) ? part.discard() : part.suspend());
    throw error;
  }
}

/** Whether an error says that what is in the part file must not be continued. */
function areBytesWrong(error: unknown): boolean {
  return error instanceof ContentError && ['wrong-checksum', 'wrong-range', 'too-long'].includes(error.code);
}

class TransferRun {
  readonly #request: TransferRequest;
  readonly #deps: TransferDeps;
  readonly #part: PartFile;
  readonly #name: string;
  #url: URL | undefined;
  readonly #checksum: RunningChecksum;
  #total: number | undefined;
  /** Most bytes there ever were: only beyond them a retry counts as a success. */
  #reached: number;
  #failures = 0;
  #renewals = 0;
  #wrongContents = 0;

  constructor(request: TransferRequest, deps: TransferDeps, part: PartFile) {
    this.#request = request;
    this.#deps = deps;
    this.#part = part;
    this.#name = basename(request.target);
    this.#checksum = new RunningChecksum(request);
    this.#total = request.size;
    this.#reached = part.front;
  }

  async complete(): Promise<Transferred> {
    const resumed = this.#part.front;
    await this.#part.read((piece) => this.#checksum.update(piece));
    for (;;) {
      try {
        if (!this.#isComplete()) await this.#fetch();
        return { size: this.#part.front, resumed, verified: this.#checksum.verify(this.#name) };
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  #isComplete(): boolean {
    return this.#part.front > 0 && this.#part.front === this.#total;
  }

  /** One response's worth of the file. */
  async #fetch(): Promise<void> {
    const { http, signal, onProgress } = this.#deps;
    onProgress(this.#part.front, this.#total);
    this.#url ??= await this.#request.locate(signal);
    const headers = rangeHeaders(this.#part.front, this.#url.origin, this.#part.validator);
    const response = await http.getFollowing(this.#url, { headers, signal });
    try {
      await this.#accept(response);
      if (!this.#isComplete()) await this.#receive(response);
    } finally {
      response.close();
    }
    if (this.#total !== undefined && this.#part.front < this.#total) {
      throw new NetworkError(
        'broken',
        `${this.#name}: the connection ended at byte ${this.#part.front} of ${this.#total}.`,
      );
    }
  }

  async #accept(response: HttpResponse): Promise<void> {
    const offer = readOffer(response, {
      name: this.#name,
      front: this.#part.front,
      size: this.#request.size,
    });
    if (offer.start < this.#part.front) await this.#restart();
    this.#total = offer.total ?? this.#total;
    this.#part.validator = validatorOf(response.url.origin, response.header('etag'));
  }

  async #receive(response: HttpResponse): Promise<void> {
    const gatherer = gather((buffers) => this.#take(buffers));
    let received = this.#part.front;
    try {
      await response.receive((chunk) => {
        received += chunk.length;
        this.#deps.onProgress(received, this.#total);
        return gatherer.add(chunk);
      });
    } finally {
      // What came before a connection broke is kept as well.
      await gatherer.flush();
    }
  }

  async #take(buffers: readonly Buffer[]): Promise<void> {
    const end = buffers.reduce((sum, buffer) => sum + buffer.length, this.#part.front);
    if (this.#total !== undefined && end > this.#total) {
      throw new ContentError(
        'too-long',
        `${this.#name}: the server sent more than the ${this.#total} bytes of the file.`,
      );
    }
    if (this.#part.front === 0) checkBeginning(this.#name, Buffer.concat(buffers, Math.min(end, BEGINNING)));
    for (const buffer of buffers) this.#checksum.update(buffer);
    await this.#part.append(buffers);
    if (end > this.#reached) {
      this.#reached = end;
      this.#failures = 0;
    }
  }

  /** Prepares the next try, or throws what makes one pointless. */
  async #recover(error: unknown): Promise<void> {
    const { retry, signal } = this.#deps;
    if (signal.aborted) throw signal.reason;
    if (error instanceof UrlRefused && this.#renewals++ < MOST_RENEWALS) {
      this.#url = undefined;
    } else if (error instanceof ContentError && this.#wrongContents++ < MOST_WRONG_CONTENTS) {
      if (areBytesWrong(error)) await this.#restart();
    } else {
      await waitForRetry(error, ++this.#failures, retry, signal);
    }
  }

  async #restart(): Promise<void> {
    await this.#part.restart();
    this.#checksum.reset();
  }
}
