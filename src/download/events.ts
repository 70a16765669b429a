import type { Verification } from '../disk/checksum/checksum.js';
import type { CivitdlError } from '../errors.js';
import type { ReuseMethod } from '../transfer/local-copy.js';
import type { TransferEvent } from '../transfer/request.js';
import type { Plan } from './plan.js';

/** How the model file of a download ended up under its name. */
export interface FileOutcome {
  readonly how: 'downloaded' | 'replaced' | 'cached' | 'present' | 'left-out';
  /** Absolute path. */
  readonly target: string;
  /** Bytes that were fetched in this run. */
  readonly fetched: number;
  /** Undefined where nothing was checked: the file was taken on trust, or left out. */
  readonly verified: Verification | undefined;
  /** When an earlier run verified it, in milliseconds since the epoch; undefined where this one did. */
  readonly checkedAt?: number | undefined;
  /** Where it was taken from, in place of the network. */
  readonly cached?: CachedFrom | undefined;
}

/** A file on disk elsewhere that a model file was taken from. */
export interface CachedFrom {
  /** Absolute path. */
  readonly path: string;
  readonly by: ReuseMethod;
  /** Whether a file with other bytes had to go. */
  readonly replaced: boolean;
}

/** Where a run that only plans would have the model file from; `unchecked` is a file that would have to be read first. */
export type FileOrigin = 'network' | 'cache' | 'present' | 'unchecked';

/** One file of a plan, and what it will take. */
export interface Planned {
  readonly plan: Plan;
  /** Undefined where the plan has no model file. */
  readonly from?: FileOrigin | undefined;
  /** Bytes of the model file that still have to be fetched or copied, as far as its size is known. */
  readonly missing: number;
  /** Why not every account gets it, as far as its metadata tell. */
  readonly obstacle?: CivitdlError | undefined;
}

/** What a user asked for, as it was typed, with where it stood in a batch file. */
export interface SourceText {
  readonly text: string;
  readonly origin?: { readonly file: string; readonly line: number } | undefined;
}

/** Images of a download by how they ended. */
export interface ImageCounts {
  readonly fetched: number;
  readonly present: number;
  readonly failed: number;
}

/** The end of one download. */
export type Outcome =
  | {
      readonly subject: SourceText;
      readonly status: 'done';
      readonly file: FileOutcome;
      readonly images: ImageCounts;
    }
  /** In a run that only plans. */
  | { readonly subject: SourceText; readonly status: 'planned' }
  /** The same file as another one in this run. */
  | { readonly subject: SourceText; readonly status: 'repeated' }
  | { readonly subject: SourceText; readonly status: 'failed'; readonly error: unknown }
  /** Nothing was done for it, since the run was stopped before, for the reason that the error says. */
  | { readonly subject: SourceText; readonly status: 'not-started'; readonly error: unknown };

/** What happens to one item of a run: a source that was asked for. */
export type ItemEvent =
  /** What will be put on disk for one file, known before any byte is asked for. Of a run that only plans, all there is. */
  | ({ readonly type: 'planned'; readonly subject: SourceText } & Planned)
  | { readonly type: 'started'; readonly subject: SourceText; readonly of: number }
  | {
      readonly type: 'resolved';
      readonly model: { readonly id: number; readonly name: string; readonly type: string };
      readonly version: { readonly id: number; readonly name: string; readonly baseModel: string };
      /** Why earlier versions were not taken. */
      readonly skipped: readonly CivitdlError[];
    }
  | {
      readonly type: 'file-started';
      readonly name: string;
      readonly size: number | undefined;
      /** Path of the file that is copied, where nothing is fetched. */
      readonly copied?: string | undefined;
    }
  /** Bytes there, of how many if known. */
  | { readonly type: 'file-progress'; readonly received: number; readonly total: number | undefined }
  | { readonly type: 'file-noticed'; readonly notice: TransferEvent }
  | { readonly type: 'file-finished'; readonly file: FileOutcome }
  | { readonly type: 'images-started'; readonly count: number }
  | { readonly type: 'image-finished'; readonly error?: unknown }
  | { readonly type: 'images-finished' }
  /** Something is missing in the result, but nothing that fails the download. */
  | { readonly type: 'warned'; readonly error: unknown }
  /**
   * One for each file of the item, or one for the item when it came to none; `isLast` tells the item's end. All that
   * there is of an item that is not started.
   */
  | { readonly type: 'finished'; readonly outcome: Outcome; readonly isLast: boolean };

/** What happens to the run as a whole. */
export type RunEvent =
  | { readonly type: 'retrying'; readonly error: CivitdlError; readonly waitMs: number }
  | { readonly type: 'warned-of-run'; readonly error: unknown }
  | { readonly type: 'pausing'; readonly seconds: number }
  /** Nothing new is begun any more, because of what the error says. */
  | { readonly type: 'halted'; readonly error: unknown };

/**
 * What happens during a run, for whoever tells it to a person or a program. Items have numbers, from 1, in the order in
 * which they were asked for. With several jobs, what happens to one item may come between what happens to another; of one
 * item, it comes in order, but for `planned`, which may come before `started`.
 */
export type DownloadEvent = (ItemEvent & { readonly item: number }) | RunEvent;

export type Emit = (event: DownloadEvent) => void;
export type EmitItem = (event: ItemEvent) => void;
