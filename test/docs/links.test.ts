import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Page, readPage, readPages, repository } from './page.js';

const pages = readPages();
const changelog = readPage('CHANGELOG.md');

/** Returns the problem of a dead link; undefined for other links and those to other sites. */
function problemOf(link: string, { path }: Page): string | undefined {
  if (/^https:\/\//.test(link)) return undefined;
  const [, file = '', anchor] = /^([^#]*)(?:#(.*))?$/.exec(link) ?? [];
  const target = file === '' ? path : posix.join(posix.dirname(path), file);
  if (!existsSync(`${repository}${target}`)) return `${link}: there is no ${target}`;
  if (anchor === undefined) return undefined;
  const isThere = readPage(target).headings.some((heading) => heading.anchor === anchor);
  return isThere ? undefined : `${link}: ${target} has no such heading`;
}

describe.each([...pages, changelog])('$path', (page) => {
  it('has no dead link', () => {
    expect(page.links.map((link) => problemOf(link, page)).filter(Boolean)).toEqual([]);
  });
});

it('notices dead links', () => {
  const problem = (link: string) => problemOf(link, pages[0] as Page);
  expect(problem('doc/none.md')).toMatch(/there is no/);
  expect(problem('#none')).toMatch(/no such heading/);
  expect(problem('doc/layout.md#none')).toMatch(/no such heading/);
  expect(problem('http://example.com')).toMatch(/there is no/);
});
