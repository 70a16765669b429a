import type { Page } from './page.js';

const START = '<!-- contents -->';
const END = '<!-- end of contents -->';
const MARKED = new RegExp(`${START}[^]*?${END}`);

/** Headings of these depths are listed. */
const SECTION = 2;
const SUBSECTION = 3;

/**
 * Returns the text of a page with the list of its sections between the marks.
 * @throws if the marks are missing, or below the first section
 */
export function withContents(text: string, { path, headings }: Pick<Page, 'path' | 'headings'>): string {
  const place = text.search(MARKED);
  if (place < 0) throw new Error(`${path} has no '${START}' and '${END}' for the list of its sections.`);
  if (place > text.search(/^## /m))
    throw new Error(`${path} has the list of its sections below the first section.`);
  return text.replace(MARKED, () => [START, '', contents(headings), '', END].join('\n'));
}

function contents(headings: Page['headings']): string {
  return headings
    .filter(({ depth }) => depth === SECTION || depth === SUBSECTION)
    .map(({ depth, title, anchor }) => `${'  '.repeat(depth - SECTION)}- [${title}](#${anchor})`)
    .join('\n');
}
