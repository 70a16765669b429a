import type { CachedFile } from '../../cache/entry.js';
import type { ScanEvent, ScanResult } from '../../cache/scan.js';
import { fingerprint, sameFingerprint } from '../../disk/fingerprint.js';
import { formatBytes, stripControlChars } from '../../text.js';
import { count, formatDay } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';
import { tableLines } from '../terminal/table.js';
import { describeProblem } from './error-report.js';

/** A file that is remembered, and what has become of it. */
export interface LookedAt extends CachedFile {
  readonly state: 'unchanged' | 'changed' | 'gone';
}

/** Checks what has become of remembered files, without reading them; in the order of their paths. */
export function lookAtFiles(files: readonly CachedFile[]): readonly LookedAt[] {
  return files
    .map((file) => ({ ...file, state: stateOf(file) }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

function stateOf(file: CachedFile): LookedAt['state'] {
  const now = fingerprint(file.path);
  if (!now) return 'gone';
  return sameFingerprint(now, file) ? 'unchanged' : 'changed';
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

/** Milliseconds between two signs of life where there is no bar. */
const HEARTBEAT = 30_000;

/** What is said of an event of a scan, as whole lines. */
export function scanLine(event: Exclude<ScanEvent, { type: 'progress' }>, style: Style): readonly string[] {
  switch (event.type) {
    case 'found':
      return event.files === 0 ? [] : [`reading ${count(event.files, 'file')} (${formatBytes(event.bytes)})`];
    case 'checked':
      return [stripControlChars(`${event.sha256}  ${event.path}`)];
    case 'damaged': {
      const { path, sha256, list, listed } = event.damaged;
      const what = `${path}: its SHA256 is ${sha256}, but ${list} says ${listed}. It is damaged, or another file.`;
      return [style.bad(stripControlChars(what))];
    }
    case 'warned':
      return [style.warn(`warning: ${describeProblem(event.error).message}`)];
  }
}

/** Lines about how much is read, now and then. */
export function scanPace(now: () => number): (read: number) => readonly string[] {
  let last = now();
  return (read) => {
    if (now() - last < HEARTBEAT) return [];
    last = now();
    return [`  ${formatBytes(read)} read`];
  };
}

/** The end of a scan in lines. */
export function scannedLines({
  checked,
  known,
  damaged,
  unreadable,
  unknown = [],
  isInterrupted,
}: ScanResult): readonly string[] {
  const bytes = checked.reduce((sum, { size }) => sum + size, 0);
  const parts = [
    `${count(checked.length, 'file')} read and remembered (${formatBytes(bytes)})`,
    known > 0 && `${known} known already and unchanged`,
    damaged.length > 0 && `${damaged.length} damaged`,
    unreadable > 0 && `${unreadable} could not be read`,
  ];
  return [
    ...unknown.map((path) => stripControlChars(`not known to Civitai: ${path}`)),
    parts.filter(Boolean).join(', '),
    ...(isInterrupted
      ? ['Interrupted. What was read is remembered: the same command goes on from there.']
      : []),
  ];
}

/** The same for a program. */
export function scannedJson(folder: string, scanned: ScanResult): object {
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
