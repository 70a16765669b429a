import { expect, it } from 'vitest';
import { withContents } from './contents.js';
import { withNavigation } from './navigation.js';
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
