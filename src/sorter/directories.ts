import { isAbsolute, join, relative, resolve } from 'node:path';
import { FileSystemError } from '../errors.js';
import type { Directories } from './sorter.js';

/**
 * What a sorter returned, as absolute paths.
 * @throws FileSystemError when one of them leads out of the root directory
 */
export function checkDirectories(directories: Directories, rootDir: string): Directories {
  const checked = (name: keyof Directories) => {
    const path = resolve(rootDir, directories[name]);
    const inside = relative(rootDir, path);
    const isOutside = inside === '..' || inside.startsWith(join('..', '/')) || isAbsolute(inside);
    if (!isOutside) return path;
    throw new FileSystemError('file-system', `The sorter chose ${path}, which is not inside of ${rootDir}.`);
  };
  return {
    model: checked('model'),
    metadata: checked('metadata'),
    images: checked('images'),
    prompts: checked('prompts'),
  };
}
