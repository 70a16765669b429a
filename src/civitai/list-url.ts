import { UsageError } from '../errors.js';
import { findName, modelTypes, periods, sortOrders } from '../options/civitai-names.js';
import type { ListFlag, ListSource, ModelsQuery } from './list-source.js';
import { parseId } from './source.js';

/** A list with what its address asks for and the API cannot filter by. */
export interface ParsedList {
  readonly list: ListSource;
  /** Names of parameters. */
  readonly ignored: readonly string[];
}

interface ListPattern {
  readonly path: RegExp;
  /** @param text the whole URL, for messages */
  toList(name: string, query: URLSearchParams, text: string): ParsedList;
}

const PATTERNS: readonly ListPattern[] = [
  {
    path: /^\/models\/?$/,
    toList: (_name, query, text) => modelsList(parseModelsQuery(query, text), query),
  },
  { path: /^\/user\/(?<name>[^/]+)(\/models)?\/?$/, toList: userList },
  {
    path: /^\/tag\/(?<name>[^/]+)\/?$/,
    toList: (name, query, text) => {
      const parsed = parseModelsQuery(query, text);
      return modelsList({ ...parsed, tags: [name, ...(parsed.tags ?? [])] }, query);
    },
  },
  {
    path: /^\/search\/models\/?$/,
    toList: (_name, query, text) => modelsList(parseSearchQuery(query, text), query),
  },
  {
    path: /^\/collections\/(?<name>\d+)(\/|$)/,
    toList: (id, _query, text) => ofId({ kind: 'collection', collectionId: parseId(id, text) }),
  },
  {
    path: /^\/(images|gallery)\/(?<name>\d+)(\/|$)/,
    toList: (id, _query, text) => ofId({ kind: 'image', imageId: parseId(id, text) }),
  },
  {
    path: /^\/posts\/(?<name>\d+)(\/|$)/,
    toList: (id, _query, text) => ofId({ kind: 'post', postId: parseId(id, text) }),
  },
];

/** Pages below `/user/` that show the visitor's own things; some creators may bear such a name. */
const VISITOR_PAGES = new Set([
  ...['account', 'buzz-dashboard', 'downloads', 'earn-potential', 'membership', 'pool-estimate'],
  ...['referrals', 'sticker-placements', 'stripe-connect', 'transactions', 'vault'],
]);

/**
 * Parses the address of a page that lists models, or whose pictures name them.
 * @param text the whole URL without secrets, for messages
 * @returns undefined if it is not such a page
 * @throws UsageError when the API cannot list what the page shows
 */
export function parseListUrl(
  { pathname, searchParams }: Pick<URL, 'pathname' | 'searchParams'>,
  text: string,
): ParsedList | undefined {
  for (const { path, toList } of PATTERNS) {
    const match = path.exec(pathname);
    if (match) return toList(decode(match.groups?.name ?? ''), searchParams, text);
  }
  return undefined;
}

/** Parses the name of a user: the server would drop other characters, and list the models of somebody else. */
export function parseUsername(name: string, text: string): string {
  if (/^\w+$/.test(name)) return name;
  throw refused(text, `does not name a user. Names of users consist of the letters A to Z, digits and '_'.`);
}

function userList(name: string, query: URLSearchParams, text: string): ParsedList {
  const isVisitorPage = VISITOR_PAGES.has(name.toLowerCase()) && !/\/models\/?([?#]|$)/.test(text);
  if (isVisitorPage)
    throw refused(
      text,
      `is a page of your account. For the models of a user of that name, use user:${name}.`,
    );
  // The page redirects.
  const username = parseUsername(name.toLowerCase() === 'civitai' ? 'CivitaiOfficial' : name, text);
  const parsed = parseModelsQuery(query, text);
  return modelsList({ sort: 'Newest', ...parsed, username }, query);
}

function ofId(list: ListSource): ParsedList {
  return { list, ignored: [] };
}

/** Filters of pages that the API does not have. */
const UNSUPPORTED = [
  ...['status', 'newCreators', 'availability', 'isFeatured', 'collectionTagId', 'excludedTagIds'],
  'lastVersionAt',
];
const FLAGS: readonly ListFlag[] = ['archived', 'earlyAccess', 'fromPlatform', 'supportsGeneration'];

function modelsList(query: ModelsQuery, parameters: URLSearchParams): ParsedList {
  const isOn = (name: string) => parameters.getAll(name).some((value) => value !== '' && value !== 'false');
  return { list: { kind: 'models', query }, ignored: UNSUPPORTED.filter(isOn) };
}

/** Parses the query of a page of models. On the site, a wrong value makes all others count for nothing. */
function parseModelsQuery(parameters: URLSearchParams, text: string): ModelsQuery {
  assertListable(parameters, text);
  const all = (...names: readonly string[]) => valuesOf(parameters, names);
  const [query] = all('query');
  const [username] = all('username', 'user');
  const [sort] = all('sort');
  const [period] = all('period');
  const isFiltered = parameters.get('periodMode') !== 'stats';
  return withoutEmpty({
    query,
    username: username === undefined ? undefined : parseUsername(username, text),
    tags: all('tag', 'tagname'),
    types: all('types').map(typeName),
    baseModels: all('baseModels'),
    fileFormats: all('fileFormats'),
    sort: sort === undefined ? undefined : knownName('sort', sort, sortOrders, text),
    period: period === undefined || !isFiltered ? undefined : knownName('period', period, periods, text),
    checkpointType: checkpointType(parameters, text),
    favorites: parameters.get('favorites') === 'true' ? true : undefined,
    flags: FLAGS.filter((name) => parameters.get(name) === 'true'),
  });
}

/** Sort orders of the search page, of which the API has the same or a similar one. */
const SEARCH_ORDERS: ReadonlyMap<string, string> = new Map([
  ['thumbsUpCount', 'Most Liked'],
  ['favoriteCount', 'Most Liked'],
  ['downloadCount', 'Most Downloaded'],
  ['commentCount', 'Most Discussed'],
  ['collectedCount', 'Most Collected'],
  ['createdAt', 'Newest'],
]);

function parseSearchQuery(parameters: URLSearchParams, text: string): ModelsQuery {
  const all = (...names: readonly string[]) => valuesOf(parameters, names);
  const [username, ...others] = all('users');
  if (others.length > 0)
    throw refused(
      text,
      `lists models of several users. Pass each of them: user:${username} user:${others[0]}`,
    );
  const field = /:(?:\w+\.)?(?<field>\w+):desc$/.exec(parameters.get('sortBy') ?? '')?.groups?.field;
  return withoutEmpty({
    query: all('query')[0],
    username: username === undefined ? undefined : parseUsername(username, text),
    tags: all('tags', 'category'),
    types: all('modelType').map(typeName),
    baseModels: all('baseModel'),
    sort: SEARCH_ORDERS.get(field ?? ''),
    checkpointType: checkpointType(parameters, text),
  });
}

function checkpointType(parameters: URLSearchParams, text: string): string | undefined {
  const [type] = valuesOf(parameters, ['checkpointType']);
  return type === undefined ? undefined : knownName('checkpointType', type, ['Merge', 'Trained'], text);
}

/** @throws UsageError when the list depends on an account in a way that the API cannot be asked for */
function assertListable(parameters: URLSearchParams, text: string): void {
  const section = parameters.get('section') ?? 'published';
  if (section !== 'published')
    throw refused(text, `lists ${section} models, but only published ones can be listed. Pass their ids.`);
  if (parameters.get('followed') === 'true')
    throw refused(text, 'lists models of users that you follow. Pass each of them as user:NAME.');
  if (parameters.get('hidden') === 'true')
    throw refused(text, 'lists models that your account hides. Pass their ids.');
  const [collection] = valuesOf(parameters, ['collectionId']);
  if (collection !== undefined)
    throw refused(text, `lists a collection. Use https://civitai.com/collections/${collection}.`);
}

/** New types appear at times. The API refuses unknown ones. */
function typeName(type: string): string {
  return findName(modelTypes, type) ?? type;
}

function knownName(name: string, value: string, known: readonly string[], text: string): string {
  const found = findName(known, value);
  if (found !== undefined) return found;
  throw refused(text, `has an unknown ${name}. Known ones: ${known.join(', ')}.`);
}

function valuesOf(parameters: URLSearchParams, names: readonly string[]): readonly string[] {
  const values = names.flatMap((name) => parameters.getAll(name)).map((value) => value.trim());
  return [...new Set(values.filter((value) => value !== ''))];
}

type Optional<T> = { readonly [Key in keyof T]: T[Key] | undefined };

function withoutEmpty(query: Optional<ModelsQuery>): ModelsQuery {
  const entries = Object.entries(query).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refused(text: string, problem: string): UsageError {
  return new UsageError('bad-source', `'${text}' ${problem}`);
}
