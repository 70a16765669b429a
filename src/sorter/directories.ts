import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { safeName } from '../disk/safe-name.js';
import { SorterError } from '../errors.js';
import type { Directories } from './sorter.js';

const NAMES = ['model', 'metadata', 'images', 'prompts'] as const satisfies readonly (keyof Directories)[];

/** @throws SorterError when a sorter file returned neither an object with four strings nor a list of them */
export function parseDirectories(result: unknown, sorter: string): Directories {
  const parse = (name: keyof Directories, index: number) => {
    const value: unknown = Array.isArray(result) ? result[index] : propertyOf(result, name);
    if (typeof value === 'string') return value;
    throw new SorterError(
      'sorter-failed',
      `The sorter ${sorter} did not return a string for '${name}'. It must return { ${NAMES.join(', ')} }.`,
    );
  };
  const [model, metadata, images, prompts] = NAMES.map(parse) as [string, string, string, string];
  return { model, metadata, images, prompts };
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/**
 * Returns absolute paths with safe names below the root directory. Only names are checked, so that the user can put
 * links to other disks into the root directory.
 * @throws SorterError when a path is outside the root directory
 */
export function confineToRoot(directories: Directories, rootDir: string): Directories {
  const root = resolve(rootDir);
  const confine = (name: keyof Directories) => {
    const path = resolve(root, directories[name]);
    const below = relative(root, path);
    const isOutside = below === '..' || below.startsWith(join('..', sep)) || isAbsolute(below);
    if (!isOutside) return join(root, ...below.split(sep).filter(Boolean).map(safeSegment));
    throw new SorterError('sorter-failed', `The sorter chose ${path}, which is outside ${root}.`);
  };
  return {
    model: confine('model'),
    metadata: confine('metadata'),
    images: confine('images'),
    prompts: confine('prompts'),
  };
}

function safeSegment(name: string): string {
  return safeName(name, '_');
}
