import { caseKey } from '../disk/safe-name.js';
import { UsageError } from '../errors.js';
import { builtIn } from './built-in.js';

/** Letters of any script: a name becomes a file's, and must not be taken for a path or a template. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]{0,63}$/u;

/** @throws UsageError unless a sorter can be added under this name */
export function assertNewName(name: string, added: Iterable<string>): void {
  if (!NAME.test(name)) {
    throw new UsageError(
      'usage',
      `'${name}' can't be a sorter's name: it has up to 64 letters, digits, hyphens and underscores.`,
    );
  }
  const isTaken = (names: Iterable<string>) => [...names].some((one) => caseKey(one) === caseKey(name));
  if (isTaken(builtIn.keys()))
    throw new UsageError('usage', `The name '${name}' is reserved: that sorter is built in.`);
  if (isTaken(added)) {
    throw new UsageError(
      'usage',
      `There is a sorter '${name}' already: delete it first, with 'civitconfig sorter -d ${name}'.`,
    );
  }
}
