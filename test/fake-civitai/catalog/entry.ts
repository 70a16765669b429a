import type { HashType } from '../content/checksums.js';
import type { ContentKind } from '../content/content.js';
import type { MediaFormat } from '../content/media.js';

export type StorageHost = 'r2' | 'b2';

export interface FileMetadata {
  readonly format?: string;
  readonly size?: string;
  readonly fp?: string;
  readonly quantType?: string;
}

export interface CatalogFile {
  readonly id: number;
  /** The name in all answers and of the download, unless there is an `overrideName`. */
  readonly name: string;
  /** Replaces `name` everywhere but in the answer of the version route. */
  readonly overrideName?: string;
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  /** Published instead of the true size. */
  readonly sizeKB?: number;
  readonly kind: ContentKind;
  /** Files with the same seed, size and kind have the same bytes. */
  readonly seed: number;
  readonly host: StorageHost;
  readonly metadata: FileMetadata;
  /** The hashes that the API publishes; empty for a file that was not scanned yet. */
  readonly hashes: readonly HashType[];
  /** Names of the tensors that the API knows, whatever is in the bytes; unknown by default. */
  readonly tensors?: readonly string[];
  /** Published instead of the true ones: wrong ones, or those of a file that is too large to hash in each run. */
  readonly hashOverrides?: Partial<Record<HashType, string>>;
}

export interface CatalogImage {
  readonly id: number;
  /** The last part of the URL without its extension, normally the id. */
  readonly name: string;
  readonly type: 'image' | 'video';
  /** Ids of the versions that it was made with; that of its own version by default. */
  readonly madeWith?: readonly number[];
  /** The format of the bytes. The extension in the URL depends on `type` alone. */
  readonly format: MediaFormat;
  /** One bit: 1 PG, 2 PG-13, 4 R, 8 X, 16 XXX, 32 blocked; 0 is not rated. */
  readonly nsfwLevel: number;
  readonly meta: Readonly<Record<string, unknown>> | null;
  /** `dead`: the image host answers 404. `moved`: it redirects once, to another host. */
  readonly state: 'there' | 'dead' | 'moved';
  /** False for an image that another user posted: only the images route lists it. */
  readonly byOwner: boolean;
}

export interface CatalogVersion {
  readonly id: number;
  readonly name: string;
  readonly baseModel: string;
  readonly trainedWords: readonly string[];
  /** HTML; null by default. */
  readonly description?: string;
  readonly files: readonly CatalogFile[];
  readonly images: readonly CatalogImage[];
  /** Union of bits. With 0, the version route does not find the version, although it can be downloaded. */
  readonly nsfwLevel: number;
  /** Null if no file is marked as primary. */
  readonly primaryFileId: number | null;
  readonly usageControl: 'Download' | 'Generation';
  /** `endsAt`: an ISO date; null if the paid access never ends. */
  readonly paidAccess: { readonly permanent: boolean; readonly endsAt: string | null } | null;
  readonly requiresLogin: boolean;
  /** Refused to accounts without a grant. */
  readonly private: boolean;
  /** False if the model's answer leaves it out, although the version route finds it. */
  readonly listed: boolean;
  /** Id of another version's file that is listed with the files of this one, as its VAE. */
  readonly linkedVae: number | null;
}

export interface CatalogModel {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  /** Null if the answer has no creator. */
  readonly creator: string | null;
  readonly tags: readonly string[];
  /** Union of bits. With 0 or 32, the model route does not find the model. */
  readonly nsfwLevel: number;
  readonly mode: 'Archived' | 'TakenDown' | null;
  /** Considered by the models route only. */
  readonly minor?: boolean;
  /** Counts that lists are sorted by; the same for all models by default. */
  readonly likes?: number;
  readonly downloads?: number;
  /** Whether lists leave it out after a page was cut, so that the page is short. */
  readonly isDropped?: boolean;
  /** HTML; a short text by default. */
  readonly description?: string;
  readonly versions: readonly CatalogVersion[];
}
