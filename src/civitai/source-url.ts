import { UsageError } from '../errors.js';
import type { FileSelector, Source } from './source.js';
import { parseId } from './source.js';

const HOSTS = new Set(['civitai.com', 'civitai.red', 'civitai.green']);

/** One form of URL: where its path fits, `read` makes a source of it. */
interface Form {
  readonly path: RegExp;
  read(parts: Readonly<Record<string, string | undefined>>, query: URLSearchParams, text: string): Source;
}

const FORMS: readonly Form[] = [
  {
    path: /^\/models\/(?<model>\d+)\/model-versions\/(?<version>\d+)(\/|$)/,
    read: ({ model, version }, _query, text) => versionOf(parseId(version, text), parseId(model, text)),
  },
  {
    path: /^\/(api\/v1\/)?models\/(?<model>\d+)(\/|$)/,
    read: ({ model }, query, text) => {
      const version = query.get('modelVersionId');
      const modelId = parseId(model, text);
      return version === null ? { kind: 'model', modelId } : versionOf(parseId(version, text), modelId);
    },
  },
  {
    path: /^\/(api\/v1\/)?model-versions\/(mini\/)?(?<version>\d+)(\/|$)/,
    read: ({ version }, _query, text) => versionOf(parseId(version, text)),
  },
  {
    path: /^\/api\/v1\/model-versions\/by-hash\/(?<hash>[0-9a-f]{8,64})\/?$/i,
    read: ({ hash = '' }) => ({ kind: 'hash', hash: hash.toUpperCase() }),
  },
  {
    path: /^\/api\/downloads?\/models\/(?<version>\d+)\/?$/,
    read: ({ version }, query, text) => withFile(parseId(version, text), selectorOf(query, text)),
  },
  {
    path: /^\/api\/downloads?\/training-data\/(?<version>\d+)\/?$/,
    read: ({ version }, _query, text) => withFile(parseId(version, text), { type: 'Training Data' }),
  },
];

/** Pages that users paste by mistake, with what they are. */
const OTHER_PAGES: readonly (readonly [RegExp, string])[] = [
  [/^\/(images|gallery)(\/|$)/, 'an image'],
  [/^\/posts(\/|$)/, 'a post'],
  [/^\/collections(\/|$)/, 'a collection'],
  [/^\/user(\/|$)/, 'a user'],
  [/^\/3d-models(\/|$)/, 'a 3D model'],
];

/** Whether a text is a URL, or the beginning of one without its scheme, so that it can't be meant as a path. */
export function looksLikeUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^(www\.)?civitai\.(com|red|green)([/:?#]|$)/i.test(text);
}

/**
 * What a URL of Civitai names.
 * @throws UsageError when it is of another host, or of a page that names no model
 */
export function parseUrl(text: string): Source {
  const shown = withoutSecrets(text);
  const url = toUrl(text);
  if (!url) throw new UsageError('bad-source', `'${shown}' is no URL that can be understood.`);
  if (!/^https?:$/.test(url.protocol)) throw new UsageError('bad-source', `'${shown}' is no https URL.`);
  if (!HOSTS.has(url.hostname.replace(/^www\./, '')) || url.port !== '') {
    throw new UsageError(
      'bad-source',
      `'${shown}' is on ${url.host}, and only ${[...HOSTS].join(', ')} are fetched from.`,
    );
  }
  for (const { path, read } of FORMS) {
    const match = path.exec(url.pathname);
    if (match) return read(match.groups ?? {}, url.searchParams, shown);
  }
  const page = OTHER_PAGES.find(([path]) => path.test(url.pathname))?.[1];
  throw new UsageError(
    'bad-source',
    page ? `'${shown}' is the page of ${page}, not of a model.` : `'${shown}' names no model.`,
  );
}

/**
 * A text that is shown or kept: a pasted download URL may carry the key of whoever copied it, or a password. The key is
 * found wherever it stands, since a URL copied out of a page's source has `&amp;` between its parameters.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(?<before>(?<![\w-])token=)[^&#\s]*/gi, '$<before>…')
    .replace(/(?<before>^[a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/i, '$<before>…@');
}

function toUrl(text: string): URL | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  return URL.canParse(whole) ? new URL(whole) : undefined;
}

function versionOf(versionId: number, modelId?: number): Source {
  return modelId === undefined ? { kind: 'version', versionId } : { kind: 'version', versionId, modelId };
}

function withFile(versionId: number, file: FileSelector | undefined): Source {
  return file ? { kind: 'version', versionId, file } : { kind: 'version', versionId };
}

function selectorOf(query: URLSearchParams, text: string): FileSelector | undefined {
  const fileId = query.get('fileId');
  if (fileId !== null) return { fileId: parseId(fileId, text) };
  const given = (['type', 'format', 'size', 'fp', 'quantType'] as const).flatMap((name) => {
    const value = query.get(name);
    return value ? [[name, value] as const] : [];
  });
  return given.length > 0 ? Object.fromEntries(given) : undefined;
}
