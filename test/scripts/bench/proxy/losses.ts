import { seededRandom } from '../../shared/random.js';

/** Bytes of a TCP segment over Ethernet. */
export const PACKET_BYTES = 1460;

/** Whether one of the next so many bytes is lost. */
export type Losses = (bytes: number) => boolean;

/** Loses packets at random; the same seed loses the same packets, whatever the chunks are. */
export function createLosses(probability: number, seed: number): Losses {
  const random = seededRandom(seed);
  const distance = () => PACKET_BYTES * (1 + Math.floor(Math.log(1 - random()) / Math.log(1 - probability)));
  let next = distance();
  return (bytes) => {
    next -= bytes;
    if (next > 0) return false;
    next = distance();
    return true;
  };
}
