import { open } from 'node:fs/promises';
import { checkSpace } from '../disk/check-space.js';
import type { Verification } from '../disk/checksum/checksum.js';
import { fileFailure } from '../disk/errors.js';
import { isSameState, stateOf } from '../disk/fingerprint.js';
import { ContentError } from '../errors.js';
import type { Landing } from './destination.js';
import { type Link, type LocalFile, linkFile } from './link-file.js';
import { removePart } from './part-file.js';
import { fillPart, inTurn, type Landed, type TransferDeps, type Transferred } from './transfer.js';

/** How a file got its place without the network. */
export type Taking = Link | 'copy';

export interface Taken extends Transferred {
  /** Undefined where another process has put the file there. */
  readonly by?: Taking | undefined;
}

type TakeDeps = Pick<TransferDeps, 'lock' | 'signal' | 'now' | 'onProgress' | 'onNotice' | 'tuning'> & {
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
export async function takeFile(
  source: LocalFile,
  verified: Verification,
  request: Landed,
  deps: TakeDeps,
): Promise<Taken> {
  const { target } = request;
  const { size } = source.state;
  return inTurn<Taken>(request, deps, async () => {
    const link = await linkFile(source, target).catch((error: unknown) => {
      throw fileFailure(error, target, 'create');
    });
    if (link) {
      await removePart(target);
      return { size, resumed: size, verified, isOthers: false, by: link };
    }
    deps.onCopy();
    const copied = await fillPart({ ...request, size }, deps, (landing) => copyInto(landing, source, deps));
    return { ...copied, by: 'copy' };
  });
}

async function copyInto(landing: Landing, { path, state }: LocalFile, deps: TakeDeps): Promise<Verification> {
  const { done, path: part } = landing.part;
  checkSpace(part, state.size - done.size);
  const file = await open(path, 'r').catch((error: unknown) => {
    throw fileFailure(error, path, 'read');
  });
  try {
    const block = Buffer.allocUnsafe(BLOCK);
    for (const [start, end] of done.gaps(state.size)) {
      for (let position = start; position < end; ) {
        deps.signal.throwIfAborted();
        const { bytesRead } = await file.read(block, 0, Math.min(BLOCK, end - position), position);
        if (bytesRead === 0) throw new ContentError('changed', `${path} has become shorter.`);
        await landing.write(block.subarray(0, bytesRead), position);
        position += bytesRead;
        landing.look();
        deps.onProgress(done.size, state.size);
      }
    }
  } catch (error) {
    throw fileFailure(error, path, 'copy');
  } finally {
    await file.close();
  }
  if (!isSameState(stateOf(path), state))
    throw new ContentError('changed', `${path} was changed while it was copied.`);
  return landing.verify(deps.signal);
}
