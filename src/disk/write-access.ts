import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FileSystemError } from '../errors.js';
import { errnoCode, toFileSystemError } from './errors.js';

const DENIED_CODES = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * Returns the error of creating files in a folder, if it is forbidden or a file is in its place. A missing folder counts as
 * the next one above it that exists.
 */
export function findWriteProblem(folder: string): FileSystemError | undefined {
  try {
    assertWritable(folder);
    return undefined;
  } catch (error) {
    return toFileSystemError(error, folder, 'create') as FileSystemError;
  }
}

function assertWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    if (!statSync(path).isDirectory())
      throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR', errno: 0 });
  } catch (error) {
    const parent = dirname(path);
    if (errnoCode(error) !== 'ENOENT' || parent === path) throw error;
    assertWritable(parent);
  }
}

/** Whether the permissions forbid to change a path, or to create it in the next folder above it that exists. */
export function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    const code = errnoCode(error) ?? '';
    const parent = dirname(path);
    return DENIED_CODES.has(code) || (code === 'ENOENT' && parent !== path && isReadOnly(parent));
  }
}

/** Whether an error remains as long as nobody changes permissions or removes a file that is in the place of a folder. */
export function isWriteDenied(error: FileSystemError): boolean {
  return error.code === 'not-permitted' || errnoCode(error.cause) === 'ENOTDIR';
}
