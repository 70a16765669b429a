import type { CachedFile } from '../../src/cache/entry.js';

const state = { size: 1, mtimeNs: '1795564398292176636', ino: '18446744073709551615', dev: '65024' };

/** A SHA256 of the shard `aa`. */
export const sha = (digit: string) => `AA${digit.repeat(62)}`;

export function cachedFile(path: string, given: Partial<CachedFile> = {}): CachedFile {
  return { path, ...state, sha256: sha('0'), verified: 'SHA256', checkedAt: 1, ...given };
}
