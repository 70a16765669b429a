import { looksLikeAir, parseAir } from './air.js';
import { parseId } from './id.js';
import { looksLikeUrl, parseUrl } from './source-url.js';

/** Which file of a version: by id, or by as many of its properties as are given. */
export type FileSelector =
  | { readonly fileId: number }
  | {
      readonly type?: string;
      readonly format?: string;
      readonly size?: string;
      readonly fp?: string;
      readonly quantType?: string;
    };

/** What a user wants, in one of the ways to name it. */
export type Source =
  | { readonly kind: 'model'; readonly modelId: number }
  /** `modelId` where the text named it too: whether both belong together is for the server to say. */
  | {
      readonly kind: 'version';
      readonly versionId: number;
      readonly modelId?: number;
      readonly file?: FileSelector;
    }
  /** In upper case, as the server writes it. */
  | { readonly kind: 'hash'; readonly hash: string };

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

/** The same for sources that mean the same, whichever form named them. */
export function sourceKey(source: Source): string {
  return JSON.stringify(source, (_name, value: unknown) =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
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
