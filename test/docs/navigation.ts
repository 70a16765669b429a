import { posix } from 'node:path';
import { pageGroups } from './order.js';
import type { Page } from './page.js';

/**
 * Returns the text of a page with the list of all pages in place of its old one. The page itself has no link.
 * @throws if the page has no such list above its sections, or a page has no place in the order
 */
export function withNavigation(page: Page, pages: readonly Page[]): string {
  if (page.navigation === undefined)
    throw new Error(`${page.path} has no list of the pages below its title.`);
  return page.text.replace(page.navigation, () => navigation(page, pages));
}

function navigation(page: Page, pages: readonly Page[]): string {
  const unplaced = new Map(pages.map((one) => [one.path, one]));
  const lines = pageGroups.map((group) => {
    const names = group.pages.map((path) => {
      const other = unplaced.get(path);
      if (other === undefined) throw new Error(`There is no ${path}, which test/docs/order.ts lists.`);
      unplaced.delete(path);
      return nameOf(other, page);
    });
    return `- ${group.title}: ${names.join(' · ')}`;
  });
  for (const path of unplaced.keys()) throw new Error(`Give ${path} a place in test/docs/order.ts.`);
  return lines.join('\n');
}

/** Returns the name of a page as a link from another one. */
function nameOf({ path, title }: Page, from: Page): string {
  const name = path === 'README.md' ? 'Start' : title;
  return path === from.path ? `**${name}**` : `[${name}](${posix.relative(posix.dirname(from.path), path)})`;
}
