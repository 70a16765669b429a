/** Sizes and times of a transfer, which tests reduce. */
export interface Tuning {
  /** Shorter files are fetched over one connection. */
  readonly parallelFrom: number;
  readonly minSegment: number;
  /** Maximum size of a segment of a connection whose speed is unknown. */
  readonly initialSegment: number;
  readonly maxSegment: number;
  /** A shorter rest of a segment is only taken from a stalled connection. */
  readonly minShare: number;
  readonly tickMs: number;
  /** Time until the first journal entry: most small files are complete by then. */
  readonly firstJournalMs: number;
  readonly journalMs: number;
  /** Limits what a power loss costs. */
  readonly checkpointBytes: number;
  readonly checkpointMs: number;
}

const MiB = 1024 * 1024;

export const defaultTuning: Tuning = {
  parallelFrom: 16 * MiB,
  minSegment: 2 * MiB,
  initialSegment: 16 * MiB,
  maxSegment: 64 * MiB,
  minShare: 512 * 1024,
  tickMs: 25,
  firstJournalMs: 250,
  journalMs: 25,
  checkpointBytes: 256 * MiB,
  checkpointMs: 5_000,
};
