import { AccessError, type KeyOrigin } from '../errors.js';

/** Asks the user for another key after a refusal. Returns undefined if there is none. */
export type RequestKey = (refusal: AccessError) => Promise<string | undefined>;

/** Whether the server refused a download for lack of a valid key. */
export function isKeyRefusal(error: unknown): error is AccessError {
  return error instanceof AccessError && (error.code === 'key-missing' || error.code === 'key-wrong');
}

/** The API key of a run. It is requested once, after the first refusal; all items that are refused wait for it. */
export class ApiKey {
  #key: string | undefined;
  #from: KeyOrigin | undefined;
  readonly #request: RequestKey;
  #requested: Promise<string | undefined> | undefined;

  constructor(
    key: string | undefined,
    request: RequestKey = async () => undefined,
    from: KeyOrigin | undefined = undefined,
  ) {
    this.#key = key;
    this.#from = from;
    this.#request = request;
  }

  get current(): string | undefined {
    return this.#key;
  }

  /** Where the current key comes from, if known. */
  get from(): KeyOrigin | undefined {
    return this.#from;
  }

  /** Sends a request. If it is refused, sends it again with another key, if there is one. */
  async use<T>(send: () => Promise<T>): Promise<T> {
    const used = this.#key;
    try {
      return await send();
    } catch (error) {
      if (!isKeyRefusal(error)) throw error;
      if (used === this.#key) await this.#replace(error);
      if (used === this.#key) throw error;
      return send();
    }
  }

  async #replace(refusal: AccessError): Promise<void> {
    this.#requested ??= this.#request(refusal);
    const typed = await this.#requested;
    if (typed === undefined) return;
    this.#key = typed;
    this.#from = 'typed';
  }
}
