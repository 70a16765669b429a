import { open } from 'node:fs/promises';
import { assertSpace } from '../disk/check-space.js';
import type { Verification } from '../disk/checksum/checksum.js';
import { toFileSystemError } from '../disk/errors.js';
import { fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { ContentError } from '../errors.js';
import type { Destination } from './destination.js';
import { cloneOrLink, type LinkMethod, type LocalFile } from './link-file.js';
import { removePart } from './part-file.js';
import {
  fillPartFile,
  type TransferOptions,
  type Transferred,
  type TransferTarget,
  withTargetLock,
} from './transfer.js';

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
