import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * `node .ci/prune-declarations.js`: deletes the declarations in dist/ that those of the library do not need. tsc cannot
 * write only these: it follows the imports of the code, not those of the types.
 */

const needed = new Set();
const waiting = [join('dist', 'index.d.ts')];
for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
  if (needed.has(path)) continue;
  needed.add(path);
  for (const [, target] of readFileSync(path, 'utf8').matchAll(/["'](\.{1,2}\/[^"']+)\.js["']/g))
    waiting.push(join(dirname(path), `${target}.d.ts`));
}
for (const name of readdirSync('dist', { recursive: true })) {
  const path = join('dist', String(name));
  if (path.endsWith('.d.ts') && !needed.has(path)) rmSync(path);
}
