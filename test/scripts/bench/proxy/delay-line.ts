import type { Socket } from 'node:net';
import { type Losses, PACKET_BYTES } from './losses.js';

/** A path through which bytes take time. */
export interface DelayLine {
  /** Sends a chunk; waits while the window is full. */
  readonly send: (chunk: Buffer) => Promise<void>;
  /** Ends the stream after everything sent so far. */
  readonly end: () => void;
}

/** The initial window of Linux (RFC 6928). */
const INITIAL_WINDOW_BYTES = 10 * PACKET_BYTES;
/** About the default limit of a socket's buffer on Linux. */
const MAX_WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Delays bytes as a TCP connection over a long distance does: sent bytes fill a window until their acknowledgement
 * is back. The window doubles with each round trip up to a limit. A loss halves it; from the first loss on, it grows by
 * one packet per round trip. Lost bytes arrive all the same.
 * @param onArrival called with the number of bytes that arrive
 */
export function delayLine(
  to: Socket,
  oneWayMs: number,
  onArrival: (bytes: number) => void,
  isLost: Losses = () => false,
): DelayLine {
  let unacknowledged = 0;
  let window = INITIAL_WINDOW_BYTES;
  let hasLost = false;
  let wake = () => {};

  function acknowledge(bytes: number, lost: boolean): void {
    unacknowledged -= bytes;
    hasLost ||= lost;
    if (lost) window = Math.max(INITIAL_WINDOW_BYTES, window / 2);
    else window = Math.min(MAX_WINDOW_BYTES, window + (hasLost ? (PACKET_BYTES * bytes) / window : bytes));
    wake();
  }

  function acknowledged(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }

  function arrive(chunk: Buffer): void {
    onArrival(chunk.length);
    const lost = isLost(chunk.length);
    // The callback waits for a slow reader, as an acknowledgement does.
    to.write(chunk, () => setTimeout(() => acknowledge(chunk.length, lost), oneWayMs));
  }

  function launch(part: Buffer): void {
    unacknowledged += part.length;
    setTimeout(() => arrive(part), oneWayMs);
  }

  return {
    send: async (chunk) => {
      for (let sent = 0; sent < chunk.length; ) {
        const room = Math.max(0, Math.floor(window - unacknowledged));
        if (room > 0) launch(chunk.subarray(sent, sent + room));
        else await acknowledged();
        sent += room;
      }
    },
    end: () => {
      setTimeout(() => to.end(), oneWayMs);
    },
  };
}
