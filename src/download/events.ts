import type { Verification } from '../disk/checksum/checksum.js';
import type { CivitdlError, SelectionError } from '../errors.js';
import type { App, FoundApp } from '../sorter/apps/app.js';
import type { ReuseMethod, TransferEvent } from '../transfer/transfer-event.js';
import type { Plan } from './plan.js';
import type { RunPlan } from './run-plan.js';

/** The result for one model file. */
export interface FileOutcome {
  readonly how: 'downloaded' | 'replaced' | 'cached' | 'present' | 'left-out';
  /** Absolute path. */
  readonly target: string;
  /** Bytes that were fetched in this run. */
  readonly fetched: number;
  /** Undefined if nothing was checked: the file was trusted, or left out. */
  readonly verified: Verification | undefined;
  /** Time of the check in milliseconds since the epoch, if an earlier run made it. */
  readonly checkedAt?: number | undefined;
  /** The file that was used instead of the network. */
  readonly cached?: CachedFrom | undefined;
}

/** A file on disk that a model file was taken from. */
export interface CachedFrom {
  /** Absolute path. */
  readonly path: string;
  readonly by: ReuseMethod;
  /** Whether a file with other bytes was replaced. */
  readonly replaced: boolean;
}

/** The predicted origin of a model file; `unchecked` is a file under its name that would have to be read first. */
export type FileOrigin = 'network' | 'cache' | 'present' | 'unchecked';

/** The plan of one file, with a prediction. */
export interface Planned {
  readonly plan: Plan;
  /** Undefined if the plan has no model file. */
  readonly from?: FileOrigin | undefined;
  /** Bytes of the model file that are still to be fetched, 0 if its size is unknown. */
  readonly missing: number;
  /** Sentences that the user should read before the download. */
  readonly notes?: readonly string[];
  /** The reason why some accounts cannot download it, if its metadata name one. */
  readonly unavailableReason?: CivitdlError | undefined;
}

/** An error that leaves something out, but does not fail the download, or a CautionError. */
export interface Warning {
  readonly error: unknown;
  /** A sentence that says how the run goes on. */
  readonly consequence?: string | undefined;
}

/** A source as it was typed, with its line if it was in a batch file. */
export interface SourceText {
  readonly text: string;
  /** The list that has named it, as typed; undefined if the user has named it. */
  readonly list?: string | undefined;
  readonly origin?: { readonly file: string; readonly line: number } | undefined;
}

export interface ImageCounts {
  readonly fetched: number;
  readonly present: number;
  readonly failed: number;
}

export type Outcome =
  | {
      readonly subject: SourceText;
      readonly status: 'done';
      readonly file: FileOutcome;
      readonly images: ImageCounts;
    }
  /** Only in a dry run. */
  | { readonly subject: SourceText; readonly status: 'planned' }
  /** Another source of this run has the same file. */
  | { readonly subject: SourceText; readonly status: 'repeated' }
  | { readonly subject: SourceText; readonly status: 'failed'; readonly error: unknown }
  /** Nothing of the model fits the options that select versions and files. */
  | { readonly subject: SourceText; readonly status: 'passed-over'; readonly reason: SelectionError }
  /** The run was stopped before, by this error. */
  | { readonly subject: SourceText; readonly status: 'not-started'; readonly error: unknown };

/** An event of one item, that is of one source. */
export type ItemEvent =
  | ({ readonly type: 'planned'; readonly subject: SourceText } & Planned)
  | { readonly type: 'started'; readonly subject: SourceText; readonly of: number }
  | {
      readonly type: 'resolved';
      readonly model: { readonly id: number; readonly name: string; readonly type: string };
      readonly version: {
        readonly id: number;
        readonly name: string;
        readonly baseModel: string;
        /** The words that a prompt needs to make use of it. */
        readonly trainedWords: readonly string[];
      };
      /** The URL of the version's page. */
      readonly page: string;
      /** The reasons why earlier versions were not chosen. */
      readonly skipped: readonly CivitdlError[];
    }
  | {
      readonly type: 'file-started';
      readonly name: string;
      readonly size: number | undefined;
      /** Path of the file that is copied, if any. */
      readonly copied?: string | undefined;
    }
  | { readonly type: 'file-progress'; readonly received: number; readonly total: number | undefined }
  | { readonly type: 'file-noticed'; readonly notice: TransferEvent }
  | { readonly type: 'file-finished'; readonly file: FileOutcome }
  | { readonly type: 'images-started'; readonly count: number }
  | { readonly type: 'image-finished'; readonly error?: unknown }
  | { readonly type: 'images-finished' }
  /** A decision that the user should know before the download, as a whole sentence. */
  | { readonly type: 'noted'; readonly text: string }
  /** Something is missing in the result, or worth knowing before the download, which does not fail. */
  | ({ readonly type: 'warned' } & Warning)
  /** Once for each file of the item, or once if it has none. The only event of an item that was not started. */
  | { readonly type: 'finished'; readonly outcome: Outcome; readonly isLast: boolean };

/** A model of a list of which nothing is downloaded. */
export interface PassedOver {
  readonly id: number;
  readonly name: string;
  readonly error: CivitdlError;
}

/** An event of the whole run. */
export type RunEvent =
  /** The root directory belongs to an application; `layout` is the sorter that is used because of it, if any. */
  | {
      readonly type: 'recognized';
      readonly app: FoundApp;
      readonly rootDir: string;
      readonly layout: App | undefined;
      /** The sorter that is used at its root although it has a layout, and one of the folders that it reads. */
      readonly other?: { readonly sorter: string; readonly folder: string };
    }
  /** The root directory is named like an application, but missing or empty, so that `basic` is used. */
  | { readonly type: 'not-recognized'; readonly app: App; readonly title: string; readonly rootDir: string }
  /** All lists were read, and nothing is downloaded yet. Only in a run with lists. */
  | { readonly type: 'run-planned'; readonly plan: RunPlan; readonly items: number }
  /** A list has been read so far, or to its end. `models` are those that are downloaded. */
  | {
      readonly type: 'listing';
      readonly subject: SourceText;
      readonly models: number;
      readonly passedOver: readonly PassedOver[];
      readonly isLast: boolean;
    }
  | { readonly type: 'list-failed'; readonly subject: SourceText; readonly error: unknown }
  | { readonly type: 'retrying'; readonly error: CivitdlError; readonly waitMs: number }
  | { readonly type: 'warned-of-run'; readonly error: unknown }
  | { readonly type: 'pausing'; readonly seconds: number }
  /** No further items will start, because of the error. */
  | { readonly type: 'halted'; readonly error: unknown };

/**
 * An event of a run. Items have numbers, from 1, in the order of their sources. Events of several items may be mixed;
 * those of one item are in order, except that `planned` may be before `started`.
 */
export type DownloadEvent = (ItemEvent & { readonly item: number }) | RunEvent;

export type Emit = (event: DownloadEvent) => void;
export type EmitItem = (event: ItemEvent) => void;
