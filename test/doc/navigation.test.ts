import { expect, it } from 'vitest';
import { withNavigation } from './navigation.js';
import { readPages, repository } from './page.js';

const pages = readPages();

/** A new page goes into the list of all the others with `npx vitest run test/doc --update`. */
it.each(pages)('$path has the list of all pages', async (page) => {
  await expect(withNavigation(page, pages)).toMatchFileSnapshot(`${repository}${page.path}`);
});
