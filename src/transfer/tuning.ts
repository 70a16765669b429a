/** Sizes and times of a transfer, in bytes and milliseconds; a test makes them small. */
export interface Tuning {
  /** A file shorter than this comes over one connection. */
  readonly parallelFrom: number;
  /** Least and most of what one of several connections takes at a time. */
  readonly leastPiece: number;
  readonly mostPiece: number;
  /** A rest shorter than this is not shared any more. */
  readonly leastShare: number;
  /** Between two looks at the whole. */
  readonly tick: number;
  /** Until what is written is noted for the first time: most small files are there by then. */
  readonly firstNote: number;
  /** Between two notes of what is written. */
  readonly noteEvery: number;
  /** After so much, in bytes or in time, what was received is flushed: so much is fetched again after a power loss at most. */
  readonly checkpointBytes: number;
  readonly checkpointEvery: number;
  /** Whether all connections are used from the start. */
  readonly eager: boolean;
}

const MiB = 1024 * 1024;

export const defaultTuning: Tuning = {
  parallelFrom: 16 * MiB,
  leastPiece: 4 * MiB,
  mostPiece: 64 * MiB,
  leastShare: 512 * 1024,
  tick: 25,
  firstNote: 250,
  noteEvery: 25,
  checkpointBytes: 256 * MiB,
  checkpointEvery: 5_000,
  eager: false,
};
