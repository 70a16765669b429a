import { looksLikeAir, parseAir } from './air.js';
import { parseId, type Source } from './source.js';
import { looksLikeUrl, parseUrl } from './source-url.js';

/** A source, or the path of a batch file. */
export type SourceItem =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'path'; readonly path: string };

type SourceParser = (text: string) => Source | undefined;

const PARSERS: readonly SourceParser[] = [
  parseModelId,
  parseHash,
  parseModelAtVersion,
  (text) => (looksLikeUrl(text) ? parseUrl(text) : undefined),
  (text) => (looksLikeAir(text) ? parseAir(text) : undefined),
];

/**
 * Parses one item. A text that looks like a source is one even if a file has that name: `./123` is the file.
 * @param text without surrounding blanks, not empty
 * @throws UsageError when it looks like a source but is not valid
 */
export function parseItem(text: string): SourceItem {
  for (const parse of PARSERS) {
    const source = parse(text);
    if (source) return { kind: 'source', source };
  }
  return { kind: 'path', path: text };
}

function parseModelId(text: string): Source | undefined {
  return /^\d+$/.test(text) && !isHash(text) ? { kind: 'model', modelId: parseId(text, text) } : undefined;
}

function parseHash(text: string): Source | undefined {
  return isHash(text) ? { kind: 'hash', hash: text.toUpperCase() } : undefined;
}

/** SHA256, BLAKE3 or one of the short hashes; a short one of decimal digits alone is an id. */
function isHash(text: string): boolean {
  return (
    /^[0-9a-f]{64}$/i.test(text) ||
    (/^([0-9a-f]{8}|[0-9a-f]{10}|[0-9a-f]{12})$/i.test(text) && /[a-f]/i.test(text))
  );
}

function parseModelAtVersion(text: string): Source | undefined {
  const parts = /^(?<model>\d+)@(?<version>\d+)$/.exec(text)?.groups;
  return (
    parts && { kind: 'version', modelId: parseId(parts.model, text), versionId: parseId(parts.version, text) }
  );
}
