import { posix } from 'node:path';
import type { Page } from './page.js';

/**
 * Returns the text of a page with the list of all pages instead of its first list. The page itself has no link.
 * @throws if the page has no list above its sections
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
