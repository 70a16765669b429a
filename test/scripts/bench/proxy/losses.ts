/** Bytes of a TCP segment over Ethernet. */
export const PACKET_BYTES = 1460;

/** Whether one of the next so many bytes is lost. */
export type Losses = (bytes: number) => boolean;

/** Loses packets at random; the same seed loses the same packets, whatever the chunks are. */
export function createLosses(probability: number, seed: number): Losses {
  const random = createRandom(seed);
  const distance = () => PACKET_BYTES * (1 + Math.floor(Math.log(1 - random()) / Math.log(1 - probability)));
  let next = distance();
  return (bytes) => {
    next -= bytes;
    if (next > 0) return false;
    next = distance();
    return true;
  };
}

/** The generator Mulberry32: numbers from 0 to below 1. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
