import { posix } from 'node:path';
import type { Page } from './page.js';

/**
 * A page's text with its first list replaced by the list of all pages; the page itself is the one without a link.
 * @throws when the page has no list to replace
 */
export function withNavigation(page: Page, pages: readonly Page[]): string {
  if (page.navigation === undefined)
    throw new Error(`${page.path} has no list of the pages below its title.`);
  return page.text.replace(page.navigation, () => navigation(page, pages));
}

function navigation(page: Page, pages: readonly Page[]): string {
  return pages
    .map(({ path, title }) => {
      const name = path === 'README.md' ? 'Start' : title;
      return path === page.path
        ? `- **${name}**`
        : `- [${name}](${posix.relative(posix.dirname(page.path), path)})`;
    })
    .join('\n');
}
