import { describe, expect, it } from 'vitest';
import { withContents } from './contents.js';
import { withNavigation } from './navigation.js';
import { pageGroups } from './order.js';
import { type Page, parsePage, readPages, repository } from './page.js';

const pages = readPages();

function withLists(page: Page): string {
  const text = withNavigation(page, pages);
  return page.path.startsWith('doc/') ? withContents(text, page) : text;
}

/** `npx vitest run test/docs --update` writes new pages and sections into the lists. */
it.each(pages)('$path has the lists of all pages and of its own sections', async (page) => {
  await expect(withLists(page)).toMatchFileSnapshot(`${repository}${page.path}`);
});

it('lists sections by the fragments that lead to them', () => {
  const text = [
    '# Title',
    '<!-- contents -->',
    'old',
    '<!-- end of contents -->',
    '## `-i, --max-images <n>`',
    '### Two',
    '#### Deep',
    '## Two',
  ].join('\n\n');
  expect(withContents(text, parsePage('page.md', text))).toContain(
    [
      '<!-- contents -->',
      '',
      '- [`-i, --max-images <n>`](#-i---max-images-n)',
      '  - [Two](#two)',
      '- [Two](#two-1)',
      '',
      '<!-- end of contents -->',
    ].join('\n'),
  );
});

it.each([
  ['no marks', '# Title\n\n## One\n', /has no/],
  ['them too far down', '# Title\n\n## One\n\n<!-- contents --><!-- end of contents -->', /below the first/],
])('notices a page that has %s', (_what, text, message) => {
  expect(() => withContents(text, parsePage('page.md', text))).toThrow(message);
});

describe('the list of pages', () => {
  const listed = pageGroups.flatMap((group) => group.pages);

  it('names each page once, in the order of need', () => {
    expect([...listed].sort()).toEqual(pages.map(({ path }) => path).sort());
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('is the one with the start page, wherever it is above the sections', () => {
    const page = parsePage(
      'README.md',
      '# Title\n\n- one\n\ntext\n\n- [Start](README.md)\n- other\n\n## One\n',
    );
    expect(page.navigation).toBe('- [Start](README.md)\n- other');
  });

  it.each([
    ['a page without a place', [...pages, parsePage('doc/new.md', '# New')], /Give doc\/new\.md a place/],
    ['a place without a page', pages.slice(0, -1), /There is no doc\//],
  ])('notices %s', (_what, some, message) => {
    expect(() => withNavigation(pages[0] as Page, some)).toThrow(message);
  });
});
