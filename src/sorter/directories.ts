import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { safeName } from '../disk/safe-name.js';
import { SorterError } from '../errors.js';
import type { Directories } from './sorter.js';

/** In the order in which a list has them. */
const NAMES = ['model', 'metadata', 'images', 'prompts'] as const satisfies readonly (keyof Directories)[];

/**
 * Four texts out of whatever a stranger's sorter returned: an object by their names, or a list in their order.
 * @param sorter its name, for the message
 * @throws SorterError naming what is missing or wrong
 */
export function readDirectories(returned: unknown, sorter: string): Directories {
  const read = (name: keyof Directories, index: number) => {
    const value: unknown = Array.isArray(returned) ? returned[index] : propertyOf(returned, name);
    if (typeof value === 'string') return value;
    throw new SorterError(
      'sorter-failed',
      `The sorter ${sorter} returned no text for '${name}'; it has to return { ${NAMES.join(', ')} }.`,
    );
  };
  const [model, metadata, images, prompts] = NAMES.map(read) as [string, string, string, string];
  return { model, metadata, images, prompts };
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/**
 * What a sorter returned, as absolute paths of which every part below the root directory is a safe name. A link that
 * the user has put into the root directory is followed like any folder: only names are looked at.
 * @throws SorterError when one of them leads out of the root directory
 */
export function confineToRoot(directories: Directories, rootDir: string): Directories {
  const root = resolve(rootDir);
  const checked = (name: keyof Directories) => {
    const path = resolve(root, directories[name]);
    const inside = relative(root, path);
    const isOutside = inside === '..' || inside.startsWith(join('..', sep)) || isAbsolute(inside);
    if (!isOutside) return join(root, ...inside.split(sep).filter(Boolean).map(safeSegment));
    throw new SorterError('sorter-failed', `The sorter chose ${path}, which is not inside of ${root}.`);
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
