import { UsageError } from '../errors.js';
import { type ParsedList, parseListUrl } from './list-url.js';
import { type FileSelector, parseId, type Source } from './source.js';

const HOSTS = ['civitai.com', 'civitai.red', 'civitai.green'];
/** An older host of download links. */
const API_HOST = 'api.civitai.com';

interface UrlPattern {
  readonly path: RegExp;
  /** @param text the whole URL, for messages */
  toSource(
    groups: Readonly<Record<string, string | undefined>>,
    query: URLSearchParams,
    text: string,
  ): Source;
}

const PATTERNS: readonly UrlPattern[] = [
  {
    path: /^\/models\/(?<model>\d+)\/model-versions\/(?<version>\d+)(\/|$)/,
    toSource: ({ model, version }, _query, text) => versionOf(parseId(version, text), parseId(model, text)),
  },
  {
    path: /^\/(api\/v1\/)?models\/(?<model>\d+)(\/|$)/,
    toSource: ({ model }, query, text) => {
      const version = firstValue(query, 'modelVersionId');
      const modelId = parseId(model, text);
      return version === undefined ? { kind: 'model', modelId } : versionOf(parseId(version, text), modelId);
    },
  },
  {
    path: /^\/(api\/v1\/)?model-versions\/(mini\/)?(?<version>\d+)(\/|$)/,
    toSource: ({ version }, _query, text) => versionOf(parseId(version, text)),
  },
  {
    path: /^\/api\/v1\/model-versions\/by-hash\/(?<hash>[0-9a-f]{8,64})\/?$/i,
    toSource: ({ hash = '' }) => ({ kind: 'hash', hash: hash.toUpperCase() }),
  },
  {
    path: /^\/api\/downloads?\/models\/(?<version>\d+)\/?$/,
    toSource: ({ version }, query, text) => fileOf(parseId(version, text), parseSelector(query, text)),
  },
  {
    path: /^\/api\/downloads?\/training-data\/(?<version>\d+)\/?$/,
    toSource: ({ version }, _query, text) => fileOf(parseId(version, text), { type: 'Training Data' }),
  },
];

/** Pages that users paste by mistake. */
const OTHER_PAGES: readonly (readonly [path: RegExp, subject: string])[] = [
  [/^\/(images|gallery|videos)(\/|$)/, 'images'],
  [/^\/posts(\/|$)/, 'posts'],
  [/^\/collections(\/|$)/, 'collections'],
  [/^\/articles(\/|$)/, 'an article'],
  [/^\/user(\/|$)/, 'a user'],
  [/^\/3d-models(\/|$)/, 'a 3D model'],
];

const TOKEN = /(?<![\w-])token=[^&#\s]/i;
const BARE_HOST = /^((www\.)?civitai\.(com|red|green)|api\.civitai\.com)([/:?#]|$)/i;

/** Whether a text can only be meant as a URL, with or without its scheme. */
export function looksLikeUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || BARE_HOST.test(text);
}

/** What a URL names. */
export type NamedByUrl =
  | { readonly kind: 'source'; readonly source: Source }
  | ({ readonly kind: 'list' } & ParsedList);

/** @throws UsageError when the URL is not one of Civitai, or names neither a model nor a list of models */
export function parseUrl(text: string): NamedByUrl {
  const redacted = redactSecrets(text);
  if (text.split(/\s+/).slice(1).some(looksLikeSource))
    throw invalid(redacted, 'has several sources. Put each on a line of its own, or a comma between them.');
  const url = assertCivitaiUrl(text, redacted);
  const pathname = url.pathname.replace(/\/{2,}/g, '/');
  for (const { path, toSource } of PATTERNS) {
    const match = path.exec(pathname);
    if (match) return { kind: 'source', source: toSource(match.groups ?? {}, url.searchParams, redacted) };
  }
  const list = parseListUrl({ pathname, searchParams: url.searchParams }, redacted);
  if (list) return { kind: 'list', ...list };
  const tab = /^\/user\/(?<name>\w+)\//.exec(pathname)?.groups?.name;
  if (tab !== undefined)
    throw invalid(redacted, `does not list models. For the models of that user, use user:${tab}.`);
  const page = OTHER_PAGES.find(([path]) => path.test(pathname))?.[1];
  throw invalid(redacted, page ? `is the page of ${page}, not of a model.` : 'does not name a model.');
}

function looksLikeSource(word: string): boolean {
  return /^\d+(@\d+)?$/.test(word) || looksLikeUrl(word);
}

function assertCivitaiUrl(text: string, redacted: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(withScheme)) throw invalid(redacted, 'is not a valid URL.');
  const url = new URL(withScheme);
  if (!/^https?:$/.test(url.protocol)) throw invalid(redacted, 'is not an https URL.');
  const isKnown = url.hostname === API_HOST || HOSTS.includes(url.hostname.replace(/^www\./, ''));
  if (!isKnown || url.port !== '')
    throw invalid(redacted, `is on ${url.host}. Only URLs of ${HOSTS.join(', ')} are supported.`);
  return url;
}

function invalid(redacted: string, problem: string): UsageError {
  return new UsageError('bad-source', `'${redacted}' ${problem}`);
}

/** Whether a link has a key in it, which belongs elsewhere. */
export function hasToken(text: string): boolean {
  return looksLikeUrl(text) && TOKEN.test(text);
}

/** Replaces keys and passwords, also in a URL from the source of a page, with `&amp;` between its parameters. */
export function redactSecrets(text: string): string {
  return text
    .replace(/(?<before>(?<![\w-])token=)[^&#\s]*/gi, '$<before>…')
    .replace(/(?<before>^[a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/i, '$<before>…@');
}

function versionOf(versionId: number, modelId?: number): Source {
  return modelId === undefined ? { kind: 'version', versionId } : { kind: 'version', versionId, modelId };
}

function fileOf(versionId: number, file: FileSelector | undefined): Source {
  return file ? { kind: 'version', versionId, file } : { kind: 'version', versionId };
}

function parseSelector(query: URLSearchParams, text: string): FileSelector | undefined {
  const fileId = firstValue(query, 'fileId');
  if (fileId !== undefined) return { fileId: parseId(fileId, text) };
  const given = (['type', 'format', 'size', 'fp', 'quantType'] as const).flatMap((name) => {
    const value = firstValue(query, name);
    return value ? [[name, value] as const] : [];
  });
  return given.length > 0 ? Object.fromEntries(given) : undefined;
}

/** Returns the first value that is not empty. */
function firstValue(query: URLSearchParams, name: string): string | undefined {
  return query.getAll(name).find((value) => value !== '');
}
