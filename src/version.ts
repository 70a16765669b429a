import { readFileSync } from 'node:fs';

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

export const version = manifest.version;

/** The address of the pages. */
export const homepage = 'https://www.npmjs.com/package/civitdl';

/**
 * The `User-Agent` of every request. It must not contain a browser's name: the server sends pages instead of errors to
 * browsers, and refuses the default agents of libraries.
 */
export const userAgent = `civitdl/${version} (+${homepage})`;
