import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import GithubSlugger from 'github-slugger';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** A parsed page of the documentation. */
export interface Page {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The first heading. */
  readonly title: string;
  readonly blocks: readonly Block[];
  /** Targets of links and images. */
  readonly links: readonly string[];
  readonly headings: readonly Heading[];
  /** The source text of the list of all pages, above all sections, if any. */
  readonly navigation: string | undefined;
  readonly tables: readonly Table[];
  /** Texts between backquotes. */
  readonly codes: readonly string[];
}

interface Heading {
  /** From 1. */
  readonly depth: number;
  readonly title: string;
  /** The fragment of a link to it, as on GitHub. */
  readonly anchor: string;
}

/** A fenced block. Its info string has a language and marks: in `sh status=3`, the mark `status` has the value `3`. */
export interface Block {
  readonly language: string;
  readonly marks: ReadonlyMap<string, string>;
  readonly text: string;
}

/** The plain texts of a table's head and rows. */
interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Reads README.md and the pages in doc/. */
export function readPages(): readonly Page[] {
  const inDoc = readdirSync(join(repository, 'doc'))
    .filter((name) => name.endsWith('.md'))
    .sort();
  return ['README.md', ...inDoc.map((name) => `doc/${name}`)].map(readPage);
}

/** @param path relative to the repository */
export function readPage(path: string): Page {
  return parsePage(path, readFileSync(join(repository, path), 'utf8'));
}

export function parsePage(path: string, text: string): Page {
  const all: Token[] = [];
  void walkTokens(lexer(text), (token) => {
    all.push(token);
  });
  const headings = ofType<Tokens.Heading>(all, 'heading');
  const slugger = new GithubSlugger();
  return {
    path,
    text,
    title: headings[0]?.text ?? '',
    blocks: ofType<Tokens.Code>(all, 'code').map(blockOf),
    links: [...ofType<Tokens.Link>(all, 'link'), ...ofType<Tokens.Image>(all, 'image')].map(
      ({ href }) => href,
    ),
    headings: headings.map((heading) => ({
      depth: heading.depth,
      title: heading.text,
      anchor: slugger.slug(plain(heading)),
    })),
    navigation: navigationOf(all),
    tables: ofType<Tokens.Table>(all, 'table').map(({ header, rows }) => ({
      head: header.map(plain),
      rows: rows.map((row) => row.map(plain)),
    })),
    codes: ofType<Tokens.Codespan>(all, 'codespan').map(({ text: code }) => code),
  };
}

function ofType<T extends Token>(tokens: readonly Token[], type: T['type']): T[] {
  return tokens.filter((token): token is T => token.type === type);
}

function navigationOf(tokens: readonly Token[]): string | undefined {
  const section = tokens.findIndex((token) => token.type === 'heading' && token.depth === 2);
  const top = section < 0 ? tokens : tokens.slice(0, section);
  const lists = ofType<Tokens.List>(top, 'list');
  return lists.find(({ raw }) => /\*\*Start\*\*|\[Start\]/.test(raw))?.raw.trimEnd();
}

function blockOf({ lang = '', text }: Tokens.Code): Block {
  const [language = '', ...marks] = lang.split(/\s+/);
  return {
    language,
    marks: new Map(marks.map((mark) => [mark.split('=')[0] ?? '', mark.split('=')[1] ?? ''])),
    text,
  };
}

/** Returns the text without links, code marks and emphasis. */
function plain({ text, tokens }: { readonly text: string; readonly tokens?: readonly Token[] }): string {
  if (!tokens) return text;
  return tokens.map((token) => ('text' in token ? plain(token as Tokens.Text) : '')).join('');
}
