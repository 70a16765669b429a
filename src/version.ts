import { readFileSync } from 'node:fs';

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** This package's version. */
export const version = manifest.version;

/**
 * What we call ourselves. It must not contain the name of any browser: the server answers browsers with pages instead
 * of errors, and sends library defaults away.
 */
export const userAgent = `civitdl/${version} (+https://www.npmjs.com/package/civitdl)`;
