import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exitStatus } from '../../src/cli/exit-status.js';
import { optionNames, optionSpecs } from '../../src/options/options.js';
import { type Page, readPages, repository } from './page.js';

const PATH = /^(src|test|bin|doc|\.ci)\/[\w./-]*$/;
const SCRIPT = /npm run (?<name>[\w:-]+)/g;

const pages = readPages();
const manifest: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(`${repository}package.json`, 'utf8'),
);

/** Defaults in tables of options by flags. Switches of a single run have no default. */
const defaults = new Map<string, string>([
  ...optionNames.map((name) => {
    const { flags, kind, default: value } = optionSpecs[name];
    return [flags, kind === 'switch' ? (value ? 'on' : 'off') : String(value)] as const;
  }),
  ...[
    '-k, --api-key',
    '--file <id, name or type>',
    '-o, --output <dir>',
    '-n, --dry-run',
    '-y, --yes',
    '--force-space',
    '--failed <file>',
    '-q, --quiet',
    '--exec <command>',
    '--open',
    '--json',
    '--verbose',
    '-v, --version',
    '-h, --help',
  ].map((flags) => [flags, ''] as const),
]);

const rowsBelow = (page: Page, ...head: readonly string[]) =>
  page.tables
    .filter((table) => head.every((cell, index) => table.head[index] === cell))
    .flatMap(({ rows }) => rows);

describe.each(pages)('$path', (page) => {
  it('names only files that are there', () => {
    const paths = page.codes.filter((code) => PATH.test(code));
    expect(paths.filter((path) => !existsSync(repository + path))).toEqual([]);
  });

  it('names only scripts that are there', () => {
    const names = [...page.text.matchAll(SCRIPT)].map(({ groups }) => groups?.name ?? '');
    expect(names.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
  });

  it('has the defaults that the options have', () => {
    for (const [flags = '', value] of rowsBelow(page, 'option', 'default'))
      expect(value, flags).toBe(defaults.get(flags));
  });

  it('has all exit statuses or none', () => {
    const statuses = rowsBelow(page, 'status', 'meaning').map(([status]) => Number(status));
    expect(statuses).toEqual(statuses.length === 0 ? [] : Object.values(exitStatus).sort((a, b) => a - b));
  });
});

it('finds the tables in README.md', () => {
  const [readme] = pages;
  expect(readme && rowsBelow(readme, 'option', 'default').length).toBeGreaterThan(5);
  expect(readme && rowsBelow(readme, 'status', 'meaning')).toHaveLength(Object.keys(exitStatus).length);
});
