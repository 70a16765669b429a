import type { FileMetadata, StorageHost } from '../catalog/entry.js';
import type { Host, RecordedRequest } from './request.js';
import type { Shelf } from './shelf.js';
import type { Signer } from './signer.js';

/** The account to which all accepted keys belong. */
export interface Account {
  username: string;
  /** Which kind of file the bare download URL means to it. */
  preferences: FileMetadata;
  /** Ids of the versions that it bought or was given access to. */
  granted: number[];
}

/** All that an answer depends on besides the request. */
export interface World {
  readonly origins: Record<Host, string>;
  readonly shelf: Shelf;
  readonly signer: Signer;
  readonly keys: Set<string>;
  readonly account: Account;
  /** Files that were moved to another storage host, by id. */
  readonly moved: Map<number, StorageHost>;
  /** Whether the whole site wants a login for downloads. */
  readonly loginForAll: boolean;
  /** Seconds that a signed URL lives; undefined for each host's own time. */
  readonly urlLifetime: number | undefined;
}

/** Whether a request comes with an accepted key; with an `Authorization` header the query's token is ignored. */
export function hasSession({ headers, query }: RecordedRequest, { keys }: World): boolean {
  const header = headers.authorization;
  const key = header === undefined ? query.get('token') : /^Bearer (.+)$/i.exec(header)?.[1];
  return key !== null && key !== undefined && keys.has(key);
}
