import { constants, copyFile, link, open, realpath, rename, rm } from 'node:fs/promises';
import { type Fingerprint, fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { temporaryPath } from '../disk/temporary-path.js';

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
    await rm(temporary, { force: true });
  }
}

async function createLink({ path, state }: LocalFile, temporary: string): Promise<LinkMethod | undefined> {
  // A hard link of a symbolic link would be one, too.
  const source = await realpath(path);
  if (await succeeds(reflink(source, temporary))) {
    const isWhole = fingerprint(temporary)?.size === state.size;
    return isWhole && sameFingerprint(fingerprint(source), state) ? 'reflink' : undefined;
  }
  await rm(temporary, { force: true });
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
