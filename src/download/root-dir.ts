import { accessSync, constants, lstatSync, readlinkSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeErrno, errnoCode } from '../disk/errors.js';
import { UsageError } from '../errors.js';

const IS_FILE = 'is a file, not a folder';

/**
 * Checks that folders can be created in the root directory, or in the next folder above it that exists.
 * @param isWritten false if a run only plans
 * @throws UsageError
 */
export function assertRootDir(rootDir: string, isWritten: boolean): void {
  const problem = rootDirProblem(rootDir, isWritten);
  if (problem) throw problem;
}

/** Returns why folders cannot be created in the root directory, if so. */
export function rootDirProblem(rootDir: string, isWritten: boolean): UsageError | undefined {
  const problem = findProblem(rootDir, isWritten);
  if (problem === undefined) return undefined;
  const { path, reason } = problem;
  const [subject, advice] =
    path === rootDir && reason === IS_FILE
      ? ['it', 'Choose another folder, or add one if this file is a source.']
      : [path === rootDir ? 'it' : path, 'Choose another folder.'];
  return new UsageError('usage', `Cannot use the root directory ${rootDir}: ${subject} ${reason}. ${advice}`);
}

interface Problem {
  readonly path: string;
  /** Follows the path in a message. */
  readonly reason: string;
}

function findProblem(path: string, isWritten: boolean): Problem | undefined {
  try {
    if (!statSync(path).isDirectory()) return { path, reason: IS_FILE };
    if (isWritten) accessSync(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const code = errnoCode(error);
    const parent = dirname(path);
    // ENOTDIR: a file stands somewhere above.
    if (code === 'ENOTDIR' && parent !== path) return findProblem(parent, isWritten);
    if (code === 'ELOOP') return { path, reason: 'leads through links in a circle' };
    if (code !== 'ENOENT') return { path, reason: `cannot be written (${describeErrno(code)})` };
    const target = readLink(path);
    if (target !== undefined) return { path, reason: `is a link to ${target}, which does not exist` };
    return parent === path ? { path, reason: 'does not exist' } : findProblem(parent, isWritten);
  }
}

/** Returns the target of a link; undefined if there is no link. */
function readLink(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
