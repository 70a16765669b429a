/** The ways in which a proxy slows connections down; an empty shape only counts them. */
export interface Shape {
  /** Bytes per second of all connections together. */
  readonly total?: number;
  /** The round trip, which also precedes a connection's first byte. */
  readonly roundTripMs?: number;
  /** Probability that a packet to the client is lost, which slows its connection down; needs a round trip. */
  readonly loss?: number;
  /** Bytes per second of each connection, by order of opening; starts over after the last. */
  readonly rates?: readonly number[];
  readonly stall?: Stall;
}

/** One pause of one connection. */
interface Stall {
  /** Connections of the same run that were opened before. */
  readonly connection: number;
  readonly afterBytes: number;
  readonly ms: number;
}

/** Seconds that so many bytes take when every connection with a rate is in use from the start to the end. */
export function idealSeconds({ rates = [], stall }: Shape, sizeBytes: number): number {
  const total = rates.reduce((sum, rate) => sum + rate, 0);
  if (!stall) return sizeBytes / total;
  const rate = rates[stall.connection % rates.length] ?? 0;
  const stallBegin = stall.afterBytes / rate;
  const withoutStalled = stallBegin + (sizeBytes - stallBegin * total) / (total - rate);
  const withPause = (sizeBytes + (rate * stall.ms) / 1000) / total;
  return Math.min(withoutStalled, withPause);
}
