import { constants, copyFile, link, open, realpath, rename } from 'node:fs/promises';
import { retryWhileBusy } from '../disk/busy.js';
import type { Verification } from '../disk/checksum/checksum.js';
import { toFileSystemError } from '../disk/errors.js';
import { removeLargeIfExists } from '../disk/files.js';
import { type Fingerprint, fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { tryFlush } from '../disk/flush.js';
import { temporaryPath } from '../disk/paths.js';
import { assertSpace } from '../disk/space.js';
import { ContentError } from '../errors.js';
import { type Destination, fillPartFile } from './destination.js';
import { removePart } from './part-file.js';
import type { FillOptions, TargetLockContext, Transferred, TransferTarget } from './request.js';
import { assertFree, withTargetLock } from './target-lock.js';
import type { ReuseMethod } from './transfer-event.js';

/** A file on disk, with its fingerprint when it was verified. */
export interface LocalFile {
  readonly path: string;
  readonly state: Fingerprint;
}

type LinkMethod = 'reflink' | 'hard link';

export interface LocalCopyResult extends Transferred {
  /** Undefined if another process created the file. */
  readonly by?: ReuseMethod | undefined;
}

export interface LocalCopyOptions extends TargetLockContext, FillOptions {
  /** Called before bytes are copied, which takes time. */
  readonly onCopy: () => void;
  readonly onProgress: (copied: number, total: number) => void;
}

const BLOCK_SIZE = 1024 * 1024;

/**
 * Links a file if the file system can, or else copies it into a part file, which can be resumed, and verifies it.
 * @throws ContentError if the source has changed, FileSystemError
 */
export async function copyLocally(
  source: LocalFile,
  verified: Verification,
  request: TransferTarget,
  options: LocalCopyOptions,
): Promise<LocalCopyResult> {
  const { target } = request;
  const { size } = source.state;
  return withTargetLock<LocalCopyResult>(request, options, async () => {
    assertFree(request);
    await options.beforeCommit?.(source.path);
    assertFree(request);
    const by = await cloneOrLink(source, target, options.signal).catch((error: unknown) => {
      throw toFileSystemError(error, target, 'create');
    });
    if (by) {
      // The file is in place; a later run removes a part file that stays.
      await removePart(target).catch(() => {});
      return { size, resumed: size, verified, byOtherProcess: false, by };
    }
    options.onCopy();
    const copied = await fillPartFile({ ...request, size }, options, (destination) =>
      copyInto(destination, source, options),
    );
    return { ...copied, by: 'copy' };
  });
}

async function copyInto(
  destination: Destination,
  { path, state }: LocalFile,
  { signal, onProgress }: LocalCopyOptions,
): Promise<Verification> {
  const { done, path: part } = destination.part;
  assertSpace(part, state.size - done.size);
  const file = await open(path, 'r').catch((error: unknown) => {
    throw toFileSystemError(error, path, 'read');
  });
  try {
    const block = Buffer.allocUnsafe(BLOCK_SIZE);
    for (const [start, end] of done.gaps(state.size)) {
      for (let position = start; position < end; ) {
        signal.throwIfAborted();
        const { bytesRead } = await file.read(block, 0, Math.min(BLOCK_SIZE, end - position), position);
        if (bytesRead === 0) throw new ContentError('changed', `${path} became shorter while it was copied.`);
        await destination.write(block.subarray(0, bytesRead), position);
        position += bytesRead;
        destination.tick();
        onProgress(done.size, state.size);
      }
    }
  } catch (error) {
    throw toFileSystemError(error, path, 'copy');
  } finally {
    await file.close();
  }
  if (!sameFingerprint(fingerprint(path), state))
    throw new ContentError('changed', `${path} changed while it was copied.`);
  return (await destination.verify(signal)) ?? 'size';
}

/**
 * Gives a file a second name and replaces the target atomically: as a reflink, which shares the bytes until one of the
 * files changes, or else as a hard link. Only while holding the target's lock.
 * @returns undefined if the file system supports neither, or the file has changed
 * @throws the system's error if the target cannot be replaced
 */
export async function cloneOrLink(
  source: LocalFile,
  target: string,
  signal?: AbortSignal,
): Promise<LinkMethod | undefined> {
  const temporary = temporaryPath(target, target);
  try {
    const by = await createLink(source, temporary);
    if (by) await retryWhileBusy(target, () => rename(temporary, target), { signal });
    return by;
  } finally {
    // Renaming a hard link to another one of the same file leaves both.
    await removeLargeIfExists(temporary).catch(() => {});
  }
}

async function createLink({ path, state }: LocalFile, temporary: string): Promise<LinkMethod | undefined> {
  // A hard link to a symbolic link would be a symbolic link, too. Some network drives cannot resolve paths.
  const source = await realpath(path).catch(() => undefined);
  if (source === undefined) return undefined;
  if (await succeeds(reflink(source, temporary))) {
    const isWhole = fingerprint(temporary)?.size === state.size;
    return isWhole && sameFingerprint(fingerprint(source), state) ? 'reflink' : undefined;
  }
  await removeLargeIfExists(temporary);
  if (!(await succeeds(link(source, temporary)))) return undefined;
  return sameFingerprint(fingerprint(temporary), state) ? 'hard link' : undefined;
}

async function reflink(source: string, temporary: string): Promise<void> {
  await copyFile(source, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  const file = await open(temporary, 'r+');
  try {
    await tryFlush(file.sync());
  } finally {
    await file.close();
  }
}

/** File systems report an unsupported operation by many codes. Other errors occur again with the next method. */
function succeeds(operation: Promise<void>): Promise<boolean> {
  return operation.then(
    () => true,
    () => false,
  );
}
