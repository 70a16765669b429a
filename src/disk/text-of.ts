import { existsSync, readFileSync } from 'node:fs';

/** The text of a small file; undefined where there is none that can be read. */
export function readTextIfExists(path: string): string | undefined {
  try {
    // Many are not there, and a look is cheaper than an error.
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
