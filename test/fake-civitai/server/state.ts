import type { FileMetadata, StorageHost } from '../catalog/entry.js';
import type { CatalogIndex } from './catalog-index.js';
import type { Host, RecordedRequest } from './request.js';
import type { Signer } from './signer.js';

/** The account of all accepted keys. */
export interface Account {
  username: string;
  /** The kind of file that a download URL without a query means for this account. */
  preferences: FileMetadata;
  /** Ids of the versions that the account has access to. */
  granted: number[];
  /** Ids of the models that the account has bookmarked. */
  favorites: number[];
}

export interface CollectionItem {
  readonly type: 'model' | 'post' | 'image' | 'article';
  readonly id: number;
}

/** Everything that an answer depends on besides the request. */
export interface ServerState {
  readonly origins: Record<Host, string>;
  readonly catalog: CatalogIndex;
  readonly signer: Signer;
  readonly keys: Set<string>;
  readonly account: Account;
  /** Storage hosts of moved files, by file id. */
  /** Names of users, besides the creators of the catalog. */
  readonly users: readonly string[];
  readonly collections: ReadonlyMap<number, readonly CollectionItem[]>;
  /** Whether counts change while a list is read: the last model of a page comes again in the next. */
  readonly isMoving: boolean;
  readonly moved: Map<number, StorageHost>;
  /** Whether all downloads need a login. */
  readonly loginForAll: boolean;
  /** Undefined for the default of each host. */
  readonly urlLifetimeSeconds: number | undefined;
}

/** Whether a request has an accepted key. An `Authorization` header overrides the token of the query. */
export function hasSession({ headers, query }: RecordedRequest, { keys }: ServerState): boolean {
  const header = headers.authorization;
  const key = header === undefined ? query.get('token') : /^Bearer (.+)$/i.exec(header)?.[1];
  return key !== null && key !== undefined && keys.has(key);
}
