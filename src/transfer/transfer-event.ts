import type { Verification } from '../disk/checksum/checksum.js';

export type TransferEvent =
  | { readonly type: 'waiting' }
  | { readonly type: 'resumed'; readonly bytes: number }
  | { readonly type: 'started-over'; readonly why: string }
  | { readonly type: 'connections'; readonly count: number }
  /** The file is verified, but not what its name says. */
  | { readonly type: 'warned'; readonly message: string }
  /** The file was verified `tail` milliseconds after its last byte. */
  | { readonly type: 'verified'; readonly by: Verification; readonly tail: number };

/** How a file on this machine was taken. */
export type ReuseMethod = 'reflink' | 'hard link' | 'copy';
