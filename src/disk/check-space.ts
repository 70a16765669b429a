import { basename, dirname } from 'node:path';
import { FileSystemError } from '../errors.js';
import { formatBytes } from '../format-bytes.js';
import { freeBytes } from './free-space.js';

/**
 * Makes sure that there is room for that many more bytes beside a path, as far as the system tells.
 * @throws FileSystemError `no-space` saying how much is missing
 */
export function assertSpace(path: string, bytes: number): void {
  const free = freeBytes(dirname(path));
  if (free === undefined || free >= bytes) return;
  throw new FileSystemError(
    'no-space',
    `${basename(path)} needs ${formatBytes(bytes)} more, but only ${formatBytes(free)} are free in ${dirname(path)}.`,
  );
}
