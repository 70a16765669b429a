/** Sizes and times of a transfer, in bytes and milliseconds; a test makes them small. */
export interface Tuning {
  /** A file shorter than this comes over one connection. */
  readonly parallelFrom: number;
  /** Least and most of what one of several connections takes at a time. */
  readonly minSegment: number;
  readonly maxSegment: number;
  /** A rest shorter than this is not shared any more. */
  readonly minShare: number;
  /** Between two looks at the whole. */
  readonly tickMs: number;
  /** Until what is written is noted for the first time: most small files are there by then. */
  readonly firstJournalMs: number;
  /** Between two notes of what is written. */
  readonly journalMs: number;
  /** After so much, in bytes or in time, what was received is flushed: so much is fetched again after a power loss at most. */
  readonly checkpointBytes: number;
  readonly checkpointMs: number;
  /** Whether all connections are used from the start. */
  readonly eager: boolean;
}

const MiB = 1024 * 1024;

export const defaultTuning: Tuning = {
  parallelFrom: 16 * MiB,
  minSegment: 4 * MiB,
  maxSegment: 64 * MiB,
  minShare: 512 * 1024,
  tickMs: 25,
  firstJournalMs: 250,
  journalMs: 25,
  checkpointBytes: 256 * MiB,
  checkpointMs: 5_000,
  eager: false,
};
