import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { FileSystemError } from '../errors.js';
import { safeName } from './names.js';
import type { Directories } from './sorter.js';

/**
 * What a sorter returned, as absolute paths of which every part below the root directory is a safe name.
 * @throws FileSystemError when one of them leads out of the root directory
 */
export function checkDirectories(directories: Directories, rootDir: string): Directories {
  const root = resolve(rootDir);
  const checked = (name: keyof Directories) => {
    const path = resolve(root, directories[name]);
    const inside = relative(root, path);
    const isOutside = inside === '..' || inside.startsWith(join('..', sep)) || isAbsolute(inside);
    if (!isOutside) return join(root, ...inside.split(sep).filter(Boolean).map(safeSegment));
    throw new FileSystemError('file-system', `The sorter chose ${path}, which is not inside of ${root}.`);
  };
  return {
    model: checked('model'),
    metadata: checked('metadata'),
    images: checked('images'),
    prompts: checked('prompts'),
  };
}

function safeSegment(name: string): string {
  return safeName(name, '_');
}
