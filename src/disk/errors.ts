import { CivitdlError, FileSystemError } from '../errors.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'the file system does not allow files of this size',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOENT: 'file or folder not found',
  EEXIST: 'the file already exists',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EIO: 'input/output error',
  EOF: 'it is shorter than expected',
  EXDEV: 'it is on another file system',
  ELOOP: 'it is a link, or leads through too many of them',
  EBUSY: 'another program is using it',
  ETXTBSY: 'another program is using it',
};

const CODES: Readonly<Record<string, FileSystemError['code']>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'file-too-large',
  EACCES: 'not-permitted',
  EPERM: 'not-permitted',
  EROFS: 'not-permitted',
  EBUSY: 'busy',
  ETXTBSY: 'busy',
};

/** Turns a system error into one that names action, path and reason; returns other errors as they are. */
export function toFileSystemError(error: unknown, path: string, action: string): unknown {
  if (error instanceof CivitdlError || !(error instanceof Error)) return error;
  const code = errnoCode(error);
  if (code === undefined) return error;
  return new FileSystemError(
    CODES[code] ?? 'file-system',
    `Cannot ${action} ${path}: ${describeErrno(code)}.`,
    { cause: error },
  );
}

/** Describes the code of a system error in words. */
export function describeErrno(code: string | undefined): string {
  return (code && REASONS[code]) ?? code ?? 'unknown error';
}

/** Returns the code of a system error, such as `ENOENT`; undefined for other errors. */
export function errnoCode(error: unknown): string | undefined {
  return error instanceof Error && 'errno' in error && 'code' in error ? String(error.code) : undefined;
}

/** Returns the code of a system error, or of the system error that caused an error. */
export function systemCode(error: unknown): string | undefined {
  return errnoCode(error) ?? (error instanceof Error ? errnoCode(error.cause) : undefined);
}
