import { NetworkError } from '../errors.js';
import type { ChunkSink, RawResponse } from './undici.js';

export interface RateFloor {
  readonly minBytesPerSecond: number;
  /** Period over which the rate is averaged. */
  readonly windowMs: number;
}

/**
 * Passes a body to a sink, as {@link RawResponse.receive} does, but gives up a peer that sends too slowly: one that
 * sends a byte now and then never times out. Time in which the sink is pending does not count.
 * @throws NetworkError `timeout`
 */
export async function receiveAtRate(
  response: RawResponse,
  sink: ChunkSink,
  { minBytesPerSecond, windowMs }: RateFloor,
): Promise<void> {
  const minBytes = (minBytesPerSecond * windowMs) / 1000;
  let received = 0;
  let pending = 0;
  let isTooSlow = false;
  const timer = setInterval(() => {
    isTooSlow = pending === 0 && received < minBytes;
    if (isTooSlow) response.close();
    received = pending === 0 ? 0 : minBytes;
  }, windowMs);
  try {
    await response.receive((chunk) => {
      received += chunk.length;
      const held = sink(chunk);
      if (!held) return undefined;
      pending++;
      return held.finally(() => pending--);
    });
  } catch (error) {
    throw isTooSlow ? new NetworkError('timeout', `${response.url.host} sends too slowly.`) : error;
  } finally {
    clearInterval(timer);
  }
}
