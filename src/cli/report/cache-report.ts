import type { CachedFile } from '../../cache/entry.js';
import { fingerprint, sameFingerprint } from '../../disk/fingerprint.js';
import { formatBytes } from '../../format-bytes.js';
import { count, formatDay } from '../terminal/format.js';
import { tableLines } from '../terminal/table.js';

/** A file that is remembered, and what has become of it. */
export interface LookedAt extends CachedFile {
  readonly state: 'unchanged' | 'changed' | 'gone';
}

/** Files that are looked at at a time. */
const AT_A_TIME = 64;

/** Looks what has become of remembered files, without reading them; in the order of their paths. */
export async function lookAtFiles(files: readonly CachedFile[]): Promise<readonly LookedAt[]> {
  const looked: LookedAt[] = [];
  const waiting = files.values();
  const look = async () => {
    for (const file of waiting) {
      const now = fingerprint(file.path);
      looked.push({ ...file, state: !now ? 'gone' : sameFingerprint(now, file) ? 'unchanged' : 'changed' });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, look));
  return looked.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Remembered files as a table, with a sum below it. */
export function cacheLines(
  folder: string,
  files: readonly LookedAt[],
  columns: number | undefined,
): readonly string[] {
  const rows = files.map((file) => [
    formatBytes(file.size),
    file.modelId === undefined ? '' : `model ${file.modelId}`,
    file.versionId === undefined ? '' : `version ${file.versionId}`,
    file.state === 'unchanged' ? `checked ${formatDay(file.checkedAt)}` : file.state,
    file.path,
  ]);
  return [...tableLines(rows, columns), `${sumOf(files)}; the index is in ${folder}`];
}

/** The same for a program. */
export function cacheJson(folder: string, files: readonly LookedAt[]): object {
  return {
    folder,
    count: files.length,
    bytes: bytesOf(files),
    gone: numberOf(files, 'gone'),
    changed: numberOf(files, 'changed'),
    files: files.map(({ path, sha256, size, state, checkedAt, verified, modelId, versionId, fileId }) => ({
      ...{ path, sha256, size, state, verified, checkedAt: new Date(checkedAt).toISOString() },
      ...{ modelId, versionId, fileId },
    })),
  };
}

function sumOf(files: readonly LookedAt[]): string {
  const [gone, changed] = [numberOf(files, 'gone'), numberOf(files, 'changed')];
  return [
    `${count(files.length, 'file')}, ${formatBytes(bytesOf(files))}`,
    gone > 0 && `${gone} gone`,
    changed > 0 && `${changed} changed since`,
  ]
    .filter(Boolean)
    .join(', ');
}

function numberOf(files: readonly LookedAt[], state: LookedAt['state']): number {
  return files.filter((file) => file.state === state).length;
}

/** Bytes on disk of what is not gone: a hard link takes none. */
function bytesOf(files: readonly LookedAt[]): number {
  const sizes = new Map(
    files.filter(({ state }) => state !== 'gone').map(({ dev, ino, size }) => [`${dev} ${ino}`, size]),
  );
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
