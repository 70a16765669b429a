import { type BusyOptions, retryWhileBusy } from '../disk/busy.js';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { removeLargeIfExists, withParentDir } from '../disk/files.js';
import type { DiskFile, openFile } from '../disk/open-file.js';
import { isNotPlainError, isPlainFile, notFileError, statPath } from '../disk/plain-file.js';
import { type ByteRange, RangeSet } from './byte-ranges.js';
import { type FileIdentity, type FoundRecord, isSameFile } from './part-record.js';

interface FoundBytes {
  readonly file: DiskFile;
  readonly ranges: readonly ByteRange[];
  /** Size of the whole file, if known. */
  readonly total: number | undefined;
}

interface OpenOptions {
  readonly open: typeof openFile;
  readonly signal: AbortSignal;
}

/** Opens the part file of an earlier run; returns undefined if there is none, or if it is of another file. */
export async function findBytes(
  path: string,
  identity: FileIdentity,
  record: FoundRecord | undefined,
  { open, signal }: OpenOptions,
): Promise<FoundBytes | undefined> {
  const file = isPlainFile(path) && (await retryWhileBusy(path, () => tryOpen(path, open), { signal }));
  if (!file) return undefined;
  try {
    const isSame = record !== undefined && isSameFile(record.identity, identity);
    const ranges = isSame ? trustedRanges(file, record.ranges) : [];
    if (ranges.length === 0 && (await isComplete(path, identity, record, signal)))
      return { file, ranges: [[0, file.size]], total: file.size };
    if (isSame) return { file, ranges, total: record.total };
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return undefined;
}

/** Whether a part file without a usable record is complete: a verified file whose record or name could not be written. */
async function isComplete(
  path: string,
  { sha256 }: FileIdentity,
  record: FoundRecord | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (sha256 === undefined || (record && record.identity.sha256 !== sha256)) return false;
  return (await matchesFile(path, { sha256 }, signal))?.verified === 'SHA256';
}

function tryOpen(path: string, open: typeof openFile): DiskFile | undefined {
  try {
    const file = open(path, 'r+');
    if (file.isAt(path)) return file;
    file.close();
    return undefined;
  } catch (error) {
    if (isNotPlainError(error)) return undefined;
    throw error;
  }
}

/** Creates a part file, in the place of anything that is not a folder. @throws the system's error */
export async function createPart(
  path: string,
  open: typeof openFile,
  options: BusyOptions,
): Promise<DiskFile> {
  if (statPath(path)?.isDirectory()) throw notFileError(path, 'write');
  await retryWhileBusy(path, () => removeLargeIfExists(path), options);
  return retryWhileBusy(path, () => withParentDir(path, () => open(path, 'wx+')), options);
}

/** A file that is shorter than its record says is not the recorded one. */
function trustedRanges({ size }: DiskFile, ranges: readonly ByteRange[]): readonly ByteRange[] {
  return new RangeSet(ranges).end <= size ? ranges : [];
}
