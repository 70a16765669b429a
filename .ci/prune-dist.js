import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * `node .ci/prune-dist.js`: deletes what the package does not need from dist/: the declarations that those of the
 * library do not refer to, and what earlier builds have left of sources that are gone. tsc cannot write only the
 * declarations of the library: it follows the imports of the code, not those of the types.
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
  const { stem, extension } = /^(?<stem>.+?)(?<extension>\.d\.ts|\.js)$/.exec(String(name))?.groups ?? {};
  if (stem === undefined) continue;
  const isStale = !['.ts', '.js'].some((source) => existsSync(join('src', stem + source)));
  if (isStale || (extension === '.d.ts' && !needed.has(path))) rmSync(path);
}
