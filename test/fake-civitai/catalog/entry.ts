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
  /** As the download names it, too, unless there is an `overrideName`. */
  readonly name: string;
  /** Replaces `name` everywhere but in the answer about one version. */
  readonly overrideName?: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly kind: ContentKind;
  /** Two files with one seed, size and kind are the same bytes. */
  readonly seed: number;
  readonly host: StorageHost;
  readonly metadata: FileMetadata;
  /** Which hashes the API tells; none is a file that was not scanned yet. */
  readonly hashes: readonly HashType[];
  /** Told in place of the true ones: wrong ones for a test, or those of a file too big to be hashed each time. */
  readonly toldHashes?: Partial<Record<HashType, string>>;
}

export interface CatalogImage {
  readonly id: number;
  /** The last part of the URL, normally the id; the extension is made from `type`. */
  readonly name: string;
  readonly type: 'image' | 'video';
  /** What the bytes are, whatever the URL says. */
  readonly format: MediaFormat;
  /** One bit: 1 PG, 2 PG-13, 4 R, 8 X, 16 XXX, 32 blocked; 0 is not rated. */
  readonly nsfwLevel: number;
  readonly meta: Readonly<Record<string, unknown>> | null;
  /** `dead`: the image host has lost it. `moved`: it redirects once, to another host. */
  readonly state: 'there' | 'dead' | 'moved';
  /** False for an image that somebody else posted: then only the list of images has it. */
  readonly byOwner: boolean;
}

export interface CatalogVersion {
  readonly id: number;
  readonly name: string;
  readonly baseModel: string;
  readonly trainedWords: readonly string[];
  readonly files: readonly CatalogFile[];
  readonly images: readonly CatalogImage[];
  /** Union of bits; a version with 0 is not found by its id although it can be downloaded. */
  readonly nsfwLevel: number;
  /** Null: no file is marked as primary. */
  readonly primaryFileId: number | null;
  readonly usageControl: 'Download' | 'Generation';
  /** `endsAt`: an ISO date, or null when it never ends. */
  readonly paidAccess: { readonly permanent: boolean; readonly endsAt: string | null } | null;
  readonly requiresLogin: boolean;
  /** Refused to every account without a grant. */
  readonly private: boolean;
  /** False: missing in its model's answer, though it can be asked for by its own id. */
  readonly listed: boolean;
  /** Id of a file of another version that is shown with this one's files as its VAE. */
  readonly linkedVae: number | null;
}

export interface CatalogModel {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  /** Null: the answer has no creator at all. */
  readonly creator: string | null;
  readonly tags: readonly string[];
  /** Union of bits; 0 and 32 make the model not found by its id. */
  readonly nsfwLevel: number;
  readonly mode: 'Archived' | 'TakenDown' | null;
  /** Only the list of models cares for it. */
  readonly minor?: boolean;
  readonly versions: readonly CatalogVersion[];
}
