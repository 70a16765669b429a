import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { posix } from 'node:path';

/** Packs a package into a folder, and returns the name of the tarball. */
export function pack(repository: string, folder: string): string {
  const output = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: repository,
    encoding: 'utf8',
  });
  const name = output.trim().split('\n').at(-1) ?? '';
  if (!/^civitdl-.+\.tgz$/.test(name)) throw new Error(`npm pack ended with '${name}'.`);
  return name;
}

const NEEDED = [
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'package.json',
  'bin/civitdl.js',
  'bin/civitconfig.js',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/man/civitdl.1',
  'dist/man/civitconfig.1',
  'doc/api_key.md',
  'doc/pictures/run.svg',
];
const ALLOWED =
  /^(README\.md|LICENSE|CHANGELOG\.md|package\.json|bin\/[\w-]+\.js|dist\/.+\.(js|d\.ts)|dist\/man\/[\w-]+\.1|doc\/[\w-]+\.md|doc\/pictures\/[\w-]+\.svg)$/;

/** A tarball with all declarations has more: half of the files that tsc writes are declarations. */
const MAX_BYTES = 372_000;

/** @throws if a tarball lacks a file, has one that a user does not need, or is too large */
export function checkContents(tarball: string): void {
  const paths = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  const missing = NEEDED.filter((path) => !paths.includes(path));
  if (missing.length > 0) throw new Error(`The tarball lacks ${missing.join(', ')}.`);
  const extra = paths.filter((path) => !ALLOWED.test(path));
  if (extra.length > 0) throw new Error(`The tarball should not hold ${extra.join(', ')}.`);
  checkDeclarations(tarball, paths);
  const { size } = statSync(tarball);
  if (size > MAX_BYTES) throw new Error(`The tarball has ${size} bytes, more than ${MAX_BYTES}.`);
}

/** @throws if a declaration that the library needs is missing, or another one is there */
function checkDeclarations(tarball: string, paths: readonly string[]): void {
  const needed = new Set<string>();
  const waiting = ['dist/index.d.ts'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (needed.has(path)) continue;
    needed.add(path);
    const text = execFileSync('tar', ['-xzOf', tarball, `package/${path}`], { encoding: 'utf8' });
    for (const [, target = ''] of text.matchAll(/["'](\.{1,2}\/[^"']+)\.js["']/g))
      waiting.push(posix.join(posix.dirname(path), `${target}.d.ts`));
  }
  const internal = paths.filter((path) => path.endsWith('.d.ts') && !needed.has(path));
  if (internal.length > 0) throw new Error(`The tarball should not hold ${internal.join(', ')}.`);
}
