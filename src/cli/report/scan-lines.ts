import type { ScanEvent, Scanned } from '../../cache/scan.js';
import { formatBytes } from '../../format-bytes.js';
import { stripControlChars } from '../../text.js';
import { count } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';
import { describeProblem } from './error-report.js';

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
}: Scanned): readonly string[] {
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
export function scannedJson(folder: string, scanned: Scanned): object {
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
