import type { Socket } from 'node:net';

/** A way through which bytes take their time. */
export interface DelayLine {
  /** Sends a chunk; waits while as much is under way as the window allows. */
  readonly send: (chunk: Buffer) => Promise<void>;
  /** Ends the stream after all that was sent. */
  readonly end: () => void;
}

/** What a sender may have under way before it hears of the first byte's arrival: the usual start of ten segments. */
const FIRST_WINDOW = 14_600;
/** About what a socket of Linux may hold by default. */
const LARGEST_WINDOW = 4 * 1024 * 1024;

/**
 * A delay as a TCP connection over a long way has it: what was sent counts as under way until the word of its arrival
 * is back, and what may be under way doubles with each round trip up to a limit.
 * @param oneWay milliseconds
 * @param onArrival told of bytes that are handed over
 */
export function delayLine(to: Socket, oneWay: number, onArrival: (bytes: number) => void): DelayLine {
  let underWay = 0;
  let window = FIRST_WINDOW;
  let wake = () => {};

  function acknowledge(bytes: number): void {
    underWay -= bytes;
    window = Math.min(LARGEST_WINDOW, window + bytes);
    wake();
  }

  function acknowledged(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }

  function arrive(chunk: Buffer): void {
    onArrival(chunk.length);
    // Whoever reads slowly is told of late.
    to.write(chunk, () => setTimeout(() => acknowledge(chunk.length), oneWay));
  }

  function launch(piece: Buffer): void {
    underWay += piece.length;
    setTimeout(() => arrive(piece), oneWay);
  }

  return {
    send: async (chunk) => {
      for (let sent = 0; sent < chunk.length; ) {
        const room = window - underWay;
        if (room > 0) launch(chunk.subarray(sent, sent + room));
        else await acknowledged();
        sent += Math.max(0, room);
      }
    },
    end: () => {
      setTimeout(() => to.end(), oneWay);
    },
  };
}
