import type { CachedFile } from '../../cache/entry.js';
import type { ScanEvent, ScanResult } from '../../cache/scan.js';
import { fingerprint, sameFingerprint } from '../../disk/fingerprint.js';
import { formatBytes, stripControlChars } from '../../text.js';
import { count, formatDay } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';
import { tableLines } from '../terminal/table.js';
import { describeProblem } from './error-report.js';

/** A file in the cache, compared with the disk. */
export interface FileState extends CachedFile {
  readonly state: 'unchanged' | 'changed' | 'gone';
}

/** Compares cached files with the disk, without reading them, and sorts them by path. */
export function readFileStates(files: readonly CachedFile[]): readonly FileState[] {
  return files
    .map((file) => ({ ...file, state: readState(file) }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

function readState(file: CachedFile): FileState['state'] {
  const current = fingerprint(file.path);
  if (!current) return 'gone';
  return sameFingerprint(current, file) ? 'unchanged' : 'changed';
}

/** Formats the files in the cache as a table, with a sum below. */
export function cacheLines(
  folder: string,
  files: readonly FileState[],
  columns: number | undefined,
): readonly string[] {
  const rows = files.map((file) => [
    formatBytes(file.size),
    file.modelId === undefined ? '' : `model ${file.modelId}`,
    file.versionId === undefined ? '' : `version ${file.versionId}`,
    file.state === 'unchanged' ? `verified ${formatDay(file.checkedAt)}` : file.state,
    file.path,
  ]);
  return [...tableLines(rows, columns), `${describeSum(files)}; cache index: ${folder}`];
}

function describeSum(files: readonly FileState[]): string {
  const [gone, changed] = [countState(files, 'gone'), countState(files, 'changed')];
  return [
    `${count(files.length, 'file')}, ${formatBytes(bytesOnDisk(files))}`,
    gone > 0 && `${gone} gone`,
    changed > 0 && `${changed} changed`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** The files in the cache for `--json`. */
export function cacheJson(folder: string, files: readonly FileState[]): object {
  return {
    folder,
    count: files.length,
    bytes: bytesOnDisk(files),
    gone: countState(files, 'gone'),
    changed: countState(files, 'changed'),
    files: files.map(({ path, sha256, size, state, checkedAt, verified, modelId, versionId, fileId }) => ({
      ...{ path, sha256, size, state, verified, checkedAt: new Date(checkedAt).toISOString() },
      ...{ modelId, versionId, fileId },
    })),
  };
}

function countState(files: readonly FileState[], state: FileState['state']): number {
  return files.filter((file) => file.state === state).length;
}

/** Counts a file with several hard links once. */
function bytesOnDisk(files: readonly FileState[]): number {
  const sizes = new Map(
    files.filter(({ state }) => state !== 'gone').map(({ dev, ino, size }) => [`${dev} ${ino}`, size]),
  );
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

const HEARTBEAT_MS = 30_000;

/** Formats an event of a scan as whole lines. */
export function scanEventLines(
  event: Exclude<ScanEvent, { type: 'progress' }>,
  style: Style,
): readonly string[] {
  switch (event.type) {
    case 'found':
      return event.files === 0 ? [] : [`reading ${count(event.files, 'file')} (${formatBytes(event.bytes)})`];
    case 'checked':
      return [stripControlChars(`${event.sha256}  ${event.path}`)];
    case 'damaged': {
      const { path, sha256, list, listed } = event.damaged;
      const line = `${path}: its SHA256 is ${sha256}, but ${list} lists ${listed}. The file is damaged, or it is a different file.`;
      return [style.bad(stripControlChars(line))];
    }
    case 'warned':
      return [style.warn(`warning: ${describeProblem(event.error).message}`)];
  }
}

/** Formats the number of bytes read so far as a line, but only every half minute. */
export function heartbeatLines(now: () => number): (readBytes: number) => readonly string[] {
  let lastMs = now();
  return (readBytes) => {
    if (now() - lastMs < HEARTBEAT_MS) return [];
    lastMs = now();
    return [`  ${formatBytes(readBytes)} read`];
  };
}

/** Formats the result of a scan as lines. */
export function scanResultLines({
  checked,
  known,
  damaged,
  unreadable,
  unknown = [],
  isInterrupted,
}: ScanResult): readonly string[] {
  const bytes = checked.reduce((sum, { size }) => sum + size, 0);
  const counts = [
    `${count(checked.length, 'file')} added to the cache (${formatBytes(bytes)})`,
    known > 0 && `${known} already in the cache and unchanged`,
    damaged.length > 0 && `${damaged.length} damaged`,
    unreadable > 0 && `${unreadable} could not be read`,
  ];
  return [
    ...unknown.map((path) => stripControlChars(`not found on Civitai: ${path}`)),
    counts.filter(Boolean).join(', '),
    ...(isInterrupted
      ? ['Interrupted. The files read so far are in the cache: run the same command again to resume.']
      : []),
  ];
}

/** The result of a scan for `--json`. */
export function scanResultJson(folder: string, scanned: ScanResult): object {
  const { checked, known, damaged, unreadable, unknown, isInterrupted } = scanned;
  return {
    folder,
    checked: checked.map(({ path, sha256, size, modelId, versionId, fileId }) => ({
      ...{ path, sha256, size, modelId, versionId, fileId },
    })),
    known,
    damaged,
    unreadable,
    unknown: unknown ?? null,
    interrupted: isInterrupted,
  };
}
