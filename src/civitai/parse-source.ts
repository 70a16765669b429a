import { looksLikeAir, parseAir } from './air.js';
import { parseId, type Source } from './source.js';
import { looksLikeUrl, parseUrl } from './source-url.js';

/** One item as it was typed: a source, or the path of a file with more of them. */
export type SourceItem =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'path'; readonly path: string };

/** One way to name something: undefined when a text is not of this form. */
type SourceParser = (text: string) => Source | undefined;

const parsers: readonly SourceParser[] = [
  (text) =>
    /^\d+$/.test(text) && !isHash(text) ? { kind: 'model', modelId: parseId(text, text) } : undefined,
  (text) => (isHash(text) ? { kind: 'hash', hash: text.toUpperCase() } : undefined),
  modelAtVersion,
  (text) => (looksLikeUrl(text) ? parseUrl(text) : undefined),
  (text) => (looksLikeAir(text) ? parseAir(text) : undefined),
];

/**
 * Reads one item. What looks like a source is one, even if a file has that name: `./123` is the file.
 * @param text without outer blanks, not empty
 * @throws UsageError when it looks like a source, but is none
 */
export function parseItem(text: string): SourceItem {
  for (const recognise of parsers) {
    const source = recognise(text);
    if (source) return { kind: 'source', source };
  }
  return { kind: 'path', path: text };
}

/** SHA256 or BLAKE3, or one of the short ones; a short one of decimal digits alone is an id. */
function isHash(text: string): boolean {
  return (
    /^[0-9a-f]{64}$/i.test(text) ||
    (/^([0-9a-f]{8}|[0-9a-f]{10}|[0-9a-f]{12})$/i.test(text) && /[a-f]/i.test(text))
  );
}

function modelAtVersion(text: string): Source | undefined {
  const parts = /^(?<model>\d+)@(?<version>\d+)$/.exec(text)?.groups;
  return (
    parts && { kind: 'version', modelId: parseId(parts.model, text), versionId: parseId(parts.version, text) }
  );
}
