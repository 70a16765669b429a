import { CivitdlError, FileSystemError } from '../errors.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file system allows no file of this size',
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
  ENOENT: 'there is no such file or folder',
  EEXIST: 'something of this name is in the way',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the disk failed',
  EXDEV: 'it is on another file system',
};

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const FORBIDDEN = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Turns what a file operation threw into an error that says what could not be done, to which path and why; others pass. */
export function toFileSystemError(error: unknown, path: string, action: string): unknown {
  if (error instanceof CivitdlError || !(error instanceof Error)) return error;
  const code = errnoCode(error);
  if (code === undefined) return error;
  const kind = FULL.has(code) ? 'no-space' : FORBIDDEN.has(code) ? 'not-permitted' : 'file-system';
  return new FileSystemError(kind, `Can't ${action} ${path}: ${REASONS[code] ?? code}.`, { cause: error });
}

/** The code of a system error, like `ENOENT`. */
export function errnoCode(error: unknown): string | undefined {
  return error instanceof Error && 'errno' in error && 'code' in error ? String(error.code) : undefined;
}
