import { UsageError } from '../errors.js';
import { looksLikeAir, parseAir } from './air.js';
import type { ListSource } from './list-source.js';
import { type ParsedList, parseUsername } from './list-url.js';
import { parseId, type Source } from './source.js';
import { looksLikeUrl, parseUrl, redactSecrets } from './source-url.js';

/** A source, a list of models, or the path of a batch file or a picture. */
export type SourceItem =
  | { readonly kind: 'source'; readonly source: Source }
  | ({ readonly kind: 'list' } & ParsedList)
  | { readonly kind: 'path'; readonly path: string };

const FAVORITES = ['favorites', 'favourites'];

/** Whether a text lists the bookmarks of an account. A file of this name is one. */
export function isFavorites(text: string): boolean {
  return FAVORITES.includes(text);
}

const LIST_PARSERS: readonly ((text: string) => ParsedList | undefined)[] = [
  parseUser,
  parseSearch,
  parseNumbered,
  (text) =>
    isFavorites(text) ? { list: { kind: 'models', query: { favorites: true } }, ignored: [] } : undefined,
];

type SourceParser = (text: string) => Source | undefined;

const PARSERS: readonly SourceParser[] = [
  parseModelId,
  parseHash,
  parseModelAtVersion,
  (text) => (looksLikeAir(text) ? parseAir(text) : undefined),
];

/**
 * Parses one item. A text that looks like a source is one even if a file has that name: `./123` is the file.
 * @param text without surrounding blanks, not empty
 * @throws UsageError when it looks like a source but is not valid
 */
export function parseItem(text: string): SourceItem {
  for (const parse of LIST_PARSERS) {
    const parsed = parse(text);
    if (parsed) return { kind: 'list', ...parsed };
  }
  if (looksLikeUrl(text)) return parseUrl(text);
  for (const parse of PARSERS) {
    const source = parse(text);
    if (source) return { kind: 'source', source };
  }
  return { kind: 'path', path: text };
}

/** A creator's page shows the newest first. */
function parseUser(text: string): ParsedList | undefined {
  const name = /^user:(?<name>.*)$/i.exec(text)?.groups?.name?.trim();
  if (name === undefined) return undefined;
  const username = parseUsername(name, redactSecrets(text));
  return { list: { kind: 'models', query: { sort: 'Newest', username } }, ignored: [] };
}

function parseSearch(text: string): ParsedList | undefined {
  const query = /^search:(?<query>.*)$/i.exec(text)?.groups?.query?.trim();
  if (query === undefined) return undefined;
  if (query !== '') return { list: { kind: 'models', query: { query } }, ignored: [] };
  throw new UsageError(
    'bad-source',
    `'${text}' does not say what to search for. Example: 'search:ink style'`,
  );
}

const NUMBERED: ReadonlyMap<string, (id: number) => ListSource> = new Map<string, (id: number) => ListSource>(
  [
    ['collection', (collectionId) => ({ kind: 'collection', collectionId })],
    ['image', (imageId) => ({ kind: 'image', imageId })],
    ['post', (postId) => ({ kind: 'post', postId })],
  ],
);

/** Parses what has a page with a number in its address. */
function parseNumbered(text: string): ParsedList | undefined {
  const { word = '', id = '' } = /^(?<word>collection|image|post):(?<id>.*)$/i.exec(text)?.groups ?? {};
  const toList = NUMBERED.get(word.toLowerCase());
  if (!toList) return undefined;
  const shown = redactSecrets(text);
  if (/^\d+$/.test(id.trim())) return { list: toList(parseId(id.trim(), shown)), ignored: [] };
  throw new UsageError(
    'bad-source',
    `'${shown}' has no id, which is the number in the address of the page. Example: '${word.toLowerCase()}:104'`,
  );
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
