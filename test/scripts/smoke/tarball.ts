import { execFileSync } from 'node:child_process';

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

/** @throws if a tarball lacks a file, or has one that a user does not need */
export function checkContents(tarball: string): void {
  const paths = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  const missing = NEEDED.filter((path) => !paths.includes(path));
  if (missing.length > 0) throw new Error(`The tarball lacks ${missing.join(', ')}.`);
  const extra = paths.filter((path) => !ALLOWED.test(path));
  if (extra.length > 0) throw new Error(`The tarball should not hold ${extra.join(', ')}.`);
}
