import { constants, copyFile, link, open, realpath, rename } from 'node:fs/promises';
import type { Verification } from '../disk/checksum/checksum.js';
import { toFileSystemError } from '../disk/errors.js';
import { removeLargeIfExists } from '../disk/files.js';
import { type Fingerprint, fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { temporaryPath } from '../disk/paths.js';
import { assertSpace } from '../disk/space.js';
import { ContentError } from '../errors.js';
import type { Destination } from './destination.js';
import { fillPartFile } from './destination.js';
import { removePart } from './part-file.js';
import type { TransferOptions, Transferred, TransferTarget } from './request.js';
import { withTargetLock } from './target-lock.js';

/** How a file got its place without the network. */
export type ReuseMethod = LinkMethod | 'copy';

export interface LocalCopyResult extends Transferred {
  /** Undefined where another process has put the file there. */
  readonly by?: ReuseMethod | undefined;
}

type LocalCopyOptions = Pick<
  TransferOptions,
  'lock' | 'signal' | 'monotonic' | 'onProgress' | 'onEvent' | 'tuning'
> & {
  /** Told before bytes are copied, which takes its time. */
  readonly onCopy: () => void;
};

/** Bytes of one read and write. */
const BLOCK = 1024 * 1024;

/**
 * Puts a file that is on disk elsewhere under the target's name: linked where the file system can, else copied into a
 * part file that is verified, flushed and renamed. An abort keeps what is copied for the next call.
 * @param verified what the file was checked by
 * @throws ContentError when the file is not what it was, FileSystemError, or the signal's reason
 */
export async function copyLocally(
  source: LocalFile,
  verified: Verification,
  request: TransferTarget,
  deps: LocalCopyOptions,
): Promise<LocalCopyResult> {
  const { target } = request;
  const { size } = source.state;
  return withTargetLock<LocalCopyResult>(request, deps, async () => {
    const link = await cloneOrLink(source, target).catch((error: unknown) => {
      throw toFileSystemError(error, target, 'create');
    });
    if (link) {
      await removePart(target);
      return { size, resumed: size, verified, byOtherProcess: false, by: link };
    }
    deps.onCopy();
    const copied = await fillPartFile({ ...request, size }, deps, (destination) =>
      copyInto(destination, source, deps),
    );
    return { ...copied, by: 'copy' };
  });
}

async function copyInto(
  destination: Destination,
  { path, state }: LocalFile,
  deps: LocalCopyOptions,
): Promise<Verification> {
  const { done, path: part } = destination.part;
  assertSpace(part, state.size - done.size);
  const file = await open(path, 'r').catch((error: unknown) => {
    throw toFileSystemError(error, path, 'read');
  });
  try {
    const block = Buffer.allocUnsafe(BLOCK);
    for (const [start, end] of done.gaps(state.size)) {
      for (let position = start; position < end; ) {
        deps.signal.throwIfAborted();
        const { bytesRead } = await file.read(block, 0, Math.min(BLOCK, end - position), position);
        if (bytesRead === 0) throw new ContentError('changed', `${path} has become shorter.`);
        await destination.write(block.subarray(0, bytesRead), position);
        position += bytesRead;
        destination.tick();
        deps.onProgress(done.size, state.size);
      }
    }
  } catch (error) {
    throw toFileSystemError(error, path, 'copy');
  } finally {
    await file.close();
  }
  if (!sameFingerprint(fingerprint(path), state))
    throw new ContentError('changed', `${path} was changed while it was copied.`);
  return destination.verify(deps.signal);
}

/** A file on disk in the state in which it was verified. */
export interface LocalFile {
  readonly path: string;
  readonly state: Fingerprint;
}

/** Ways to have a file's bytes under a second name without copying them. */
export type LinkMethod = 'reflink' | 'hard link';

/**
 * Gives a file a second name: as a reflink, which shares the bytes until one of the two is changed, or else as a hard
 * link, which is the same file. Whatever was under that name is replaced at once. Only in one's turn.
 * @returns undefined where the file system can do neither, or the file has changed
 * @throws the system's error when the name can't be given
 */
export async function cloneOrLink(source: LocalFile, target: string): Promise<LinkMethod | undefined> {
  const temporary = temporaryPath(target, target);
  try {
    const by = await createLink(source, temporary);
    if (by) await rename(temporary, target);
    return by;
  } finally {
    // A rename onto another name of the same file leaves both.
    await removeLargeIfExists(temporary);
  }
}

async function createLink({ path, state }: LocalFile, temporary: string): Promise<LinkMethod | undefined> {
  // A hard link of a symbolic link would be one, too.
  const source = await realpath(path);
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
    await file.sync();
  } finally {
    await file.close();
  }
}

/** File systems have many errors for what they can't do: another one fails the next way, too. */
function succeeds(operation: Promise<void>): Promise<boolean> {
  return operation.then(
    () => true,
    () => false,
  );
}
