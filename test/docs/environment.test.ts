import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readPage, repository } from './page.js';

/** Read by Node.js, or by `env-paths`, for us. */
const READ_BY_OTHERS = ['APPDATA', 'LOCALAPPDATA', 'NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'];
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** The names in the table; `https_proxy` is told with `HTTPS_PROXY`. */
const documented = readPage('doc/environment.md')
  .tables.filter(({ head }) => head[0] === 'variable')
  .flatMap(({ rows }) => rows)
  .flatMap(([names = '']) => names.split(', '));

const generalName = (name: string) => (name.endsWith('_proxy') ? name.toUpperCase() : name);

/** Places in code that read variables: by name, by destructuring, and from lists of names. */
const PLACES: readonly RegExp[] = [
  /\benv(?:\?)?\.(?<names>[A-Za-z_]\w*)/g,
  /\{(?<names>[\w\s,]+)\}(?:: Environment\['env'\]|\s*=\s*env;)/g,
  /VARIABLES\b[^=\n]*=\s*\[(?<names>[^\]]*)\]/g,
  /for \(const name of \[(?<names>[^\]]*)\]\)\s*if[^;]*process\.env\[name\]/g,
];

function namesReadBy(code: string): readonly string[] {
  return PLACES.flatMap((place) => [...code.matchAll(place)])
    .flatMap(({ groups }) => (groups?.names ?? '').split(','))
    .map((name) => generalName(name.trim().replaceAll("'", '')))
    .filter((name) => NAME.test(name));
}

const sources = readdirSync(join(repository, 'src'), { recursive: true })
  .map(String)
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join(repository, 'src', path), 'utf8'));

it('finds variables in code, however they are read', () => {
  expect(namesReadBy('env.NO_COLOR || process.env.HOME')).toEqual(['NO_COLOR', 'HOME']);
  expect(namesReadBy("({ LANG, TERM }: Environment['env'])")).toEqual(['LANG', 'TERM']);
  expect(namesReadBy('const { TMUX,\n STY } = env;')).toEqual(['TMUX', 'STY']);
  expect(namesReadBy("const KEY_VARIABLES: readonly string[] = ['A_KEY', 'https_proxy'];")).toEqual([
    'A_KEY',
    'HTTPS_PROXY',
  ]);
});

it('tells of exactly the variables that the code reads', () => {
  const read = new Set(sources.flatMap(namesReadBy));
  expect([...read, ...READ_BY_OTHERS].sort()).toEqual([...documented].sort());
});
