import { extname, resolve } from 'node:path';
import { statIfExists } from '../disk/files.js';
import { expandHome } from '../disk/paths.js';
import { UsageError } from '../errors.js';
import { closestMatch } from '../text.js';
import { builtIn } from './built-in.js';
import type { DescribedSorter } from './sorter.js';
import { isTemplate, templateSorter } from './template.js';
import type { ThreadOptions } from './worker-sorter.js';
import { fileSorter } from './worker-sorter.js';

/** What the user has added under a name: the absolute path of a file, or a template. */
export type SorterOrigin = { readonly path: string } | { readonly template: string };

/** What a sorter's name or path can mean. */
export interface SorterPlaces {
  readonly added: ReadonlyMap<string, SorterOrigin>;
  /** For a path that is not absolute. */
  readonly cwd: string;
  readonly home: string;
}

export interface LoadedSorter extends DescribedSorter {
  /** What means the same sorter from any folder: its name, its absolute path, or the template. */
  readonly reference: string;
}

/**
 * The sorter that a text means: a template where it has braces, else a built-in one, an added one, or a file.
 * @throws UsageError when it means none, SorterError when the file is no sorter
 */
export async function loadSorter(
  text: string,
  places: SorterPlaces,
  thread: ThreadOptions,
): Promise<LoadedSorter> {
  if (isTemplate(text)) return { reference: text, ...templateSorter(text) };
  const known = builtIn.get(text);
  if (known) return { reference: text, ...known };
  const added = places.added.get(text);
  if (added) return { reference: text, ...(await addedSorter(added, text, thread)) };
  if (!isPath(text)) throw unknownSorter(text, [...builtIn.keys(), ...places.added.keys()]);
  const path = await findSorterFile(text, places);
  return { reference: path, ...(await fileSorter(path, text, thread)) };
}

async function addedSorter(
  added: SorterOrigin,
  name: string,
  thread: ThreadOptions,
): Promise<DescribedSorter> {
  if ('template' in added) return templateSorter(added.template);
  await checkFile(added.path);
  return fileSorter(added.path, name, thread);
}

function isPath(text: string): boolean {
  return /[/\\]|^[~.]|\.(mjs|js|cjs|ts|mts|py)$/i.test(text);
}

/**
 * The absolute path of a sorter file that a user named.
 * @throws UsageError when there is no such file, or it can't be a sorter
 */
export async function findSorterFile(
  text: string,
  { cwd, home }: Pick<SorterPlaces, 'cwd' | 'home'>,
): Promise<string> {
  const path = resolve(cwd, expandHome(text, home));
  await checkFile(path);
  return path;
}

async function checkFile(path: string): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (extension === '.py') {
    throw new UsageError(
      'usage',
      `${path} is a Python sorter, and this civitdl takes JavaScript: doc/sorter.md shows how to write the same in it.`,
    );
  }
  if (!statIfExists(path)?.isFile()) throw new UsageError('usage', `There is no sorter file ${path}.`);
  if (extension !== '.mjs' && extension !== '.js')
    throw new UsageError('usage', `${path} is no sorter file: the name of one ends in .mjs or .js.`);
}

/** Says which sorters there are. */
function unknownSorter(name: string, known: readonly string[]): UsageError {
  const meant = closestMatch(name, known);
  return new UsageError(
    'usage',
    `There is no sorter '${name}'${meant ? `, did you mean '${meant}'?` : '.'} There are ${known.join(', ')}, the path of a file, and templates like '{type}/{modelName}'.`,
  );
}
