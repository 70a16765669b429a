import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { statIfExists } from '../disk/files.js';
import { absolutePath } from '../disk/paths.js';
import { UsageError } from '../errors.js';
import { closestMatch } from '../text.js';
import { builtInSorters } from './built-in.js';
import type { DescribedSorter } from './sorter.js';
import { isTemplate, parseTemplate } from './template.js';
import { loadWorkerSorter, type SorterWorkerOptions } from './worker-sorter.js';

/** An added sorter: the absolute path of a file, or a template. */
export type SorterLocation = { readonly path: string } | { readonly template: string };

interface PathBase {
  readonly cwd: string;
  readonly home: string;
}

export interface SorterContext extends PathBase {
  readonly added: ReadonlyMap<string, SorterLocation>;
}

export interface LoadedSorter extends DescribedSorter {
  /** A text that means the same sorter in any folder: its name, its absolute path, or the template. */
  readonly reference: string;
}

/**
 * Loads a sorter by a template, by a built-in or added name, or by the path of a file, in this order.
 * @throws UsageError when the sorter does not exist, SorterError when its file is not valid
 */
export async function loadSorter(
  text: string,
  context: SorterContext,
  options: SorterWorkerOptions,
): Promise<LoadedSorter> {
  if (isTemplate(text)) return { reference: text, ...parseTemplate(text) };
  const builtIn = builtInSorters.get(text);
  if (builtIn) return { reference: text, ...builtIn };
  const added = context.added.get(text);
  if (added) return { reference: text, ...(await loadAddedSorter(added, text, options)) };
  if (!isPath(text)) throw unknownSorterError(text, [...builtInSorters.keys(), ...context.added.keys()]);
  const path = await findSorterFile(text, context);
  return { reference: path, ...(await loadWorkerSorter(path, text, options)) };
}

/**
 * Returns a text that is the same as long as a sorter chooses the same folders: its name, its template, or the checksum of
 * its file.
 * @throws what `fs.readFile` throws
 */
export async function sorterSignature(text: string, context: SorterContext): Promise<string> {
  if (isTemplate(text) || builtInSorters.has(text)) return text;
  const added = context.added.get(text);
  if (added && 'template' in added) return added.template;
  const path = added?.path ?? absolutePath(text, context);
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function loadAddedSorter(
  added: SorterLocation,
  name: string,
  options: SorterWorkerOptions,
): Promise<DescribedSorter> {
  if ('template' in added) return parseTemplate(added.template);
  await assertSorterFile(added.path);
  return loadWorkerSorter(added.path, name, options);
}

function isPath(text: string): boolean {
  return /[/\\]|^[~.]|\.(mjs|js|cjs|ts|mts|py)$/i.test(text);
}

/** @throws UsageError when the file does not exist, or is not JavaScript */
export async function findSorterFile(text: string, base: PathBase): Promise<string> {
  const path = absolutePath(text, base);
  await assertSorterFile(path);
  return path;
}

async function assertSorterFile(path: string): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (extension === '.py') {
    throw new UsageError(
      'usage',
      `${path} is a Python sorter. Sorters are written in JavaScript now: doc/sorter.md shows how to convert it.`,
    );
  }
  if (!statIfExists(path)?.isFile()) throw new UsageError('usage', `The sorter file ${path} was not found.`);
  if (extension !== '.mjs' && extension !== '.js')
    throw new UsageError('usage', `${path} is not a sorter file: its name must end in .mjs or .js.`);
}

function unknownSorterError(name: string, available: readonly string[]): UsageError {
  const match = closestMatch(name, available);
  const suggestion = match ? ` Did you mean '${match}'?` : '';
  return new UsageError(
    'usage',
    `Unknown sorter '${name}'.${suggestion} Use one of ${available.join(', ')}, the path of a sorter file, or a template like '{type}/{modelName}'.`,
  );
}
