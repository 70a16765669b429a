import type { Socket } from 'node:net';

/** A connection with a delay. */
export interface DelayLine {
  /** Sends a chunk. Waits while the window is full. */
  readonly send: (chunk: Buffer) => Promise<void>;
  /** Ends the stream after all sent chunks. */
  readonly end: () => void;
}

/** The usual initial window of ten segments. */
const INITIAL_WINDOW_BYTES = 14_600;
/** About the default maximum of a socket on Linux. */
const MAX_WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Simulates the delay of a TCP connection: bytes are in flight until their acknowledgement is back, and the window
 * doubles with each round trip up to a limit.
 * @param onArrival called with the number of bytes that have arrived
 */
export function delayLine(to: Socket, oneWayMs: number, onArrival: (bytes: number) => void): DelayLine {
  let inFlight = 0;
  let window = INITIAL_WINDOW_BYTES;
  let wake = () => {};

  function acknowledge(bytes: number): void {
    inFlight -= bytes;
    window = Math.min(MAX_WINDOW_BYTES, window + bytes);
    wake();
  }

  function acknowledged(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }

  function arrive(chunk: Buffer): void {
    onArrival(chunk.length);
    // A slow reader delays the acknowledgement.
    to.write(chunk, () => setTimeout(() => acknowledge(chunk.length), oneWayMs));
  }

  function launch(part: Buffer): void {
    inFlight += part.length;
    setTimeout(() => arrive(part), oneWayMs);
  }

  return {
    send: async (chunk) => {
      for (let sent = 0; sent < chunk.length; ) {
        const room = window - inFlight;
        if (room > 0) launch(chunk.subarray(sent, sent + room));
        else await acknowledged();
        sent += Math.max(0, room);
      }
    },
    end: () => {
      setTimeout(() => to.end(), oneWayMs);
    },
  };
}
