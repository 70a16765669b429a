import { dirname } from 'node:path';
import type { ListSource } from '../civitai/list-source.js';
import { isFavorites, parseItem } from '../civitai/parse-source.js';
import { type Source, sourceKey } from '../civitai/source.js';
import { hasToken, redactSecrets } from '../civitai/source-url.js';
import { errnoCode } from '../disk/errors.js';
import { absolutePath } from '../disk/paths.js';
import { UsageError } from '../errors.js';
import { pictureKindOf } from '../pictures/picture-kind.js';

/** A source with the text that names it, and its line if it was in a batch file. */
export interface SourceRequest {
  readonly source: Source;
  readonly text: string;
  /** The list that has named it, as typed; undefined if the user has named it. */
  readonly list?: string | undefined;
  readonly origin?: Origin | undefined;
}

/** A list of models with the text that names it, and its line if it was in a batch file. */
export interface ListRequest {
  readonly listSource: ListSource;
  readonly text: string;
  readonly origin?: Origin | undefined;
}

export interface InvalidSource {
  readonly text: string;
  readonly origin: Origin;
  readonly error: UsageError;
}

interface Origin {
  /** The path as it was typed. */
  readonly file: string;
  readonly line: number;
}

export interface SourceReader {
  /** Returns the whole file if it is text, and at least the first 64 bytes of another. Rejects as `fs.readFile` does. */
  readFile(path: string): Promise<Uint8Array>;
  readStdin(): Promise<Uint8Array>;
  readonly cwd: string;
  readonly home: string;
}

export interface Sources {
  /** Problems that do not keep a source from being used. */
  readonly warnings: readonly UsageError[];
  readonly requests: readonly (SourceRequest | ListRequest)[];
  readonly invalid: readonly InvalidSource[];
}

const FORMS =
  'A source is a model id, a URL of civitai.com, an AIR, MODEL@VERSION, a hash, user:NAME, search:TEXT, collection:N, ' +
  'image:N, post:N, favorites, or the path of a batch file or a picture';

/**
 * Reads all sources that the arguments name directly, in lists or in batch files. Each is returned once.
 * @throws UsageError listing all invalid arguments; invalid items of batch files are returned
 */
export async function readSources(args: readonly string[], reader: SourceReader): Promise<Sources> {
  const collector = new Collector(reader);
  const problems: string[] = [];
  for (const argument of args) {
    const items = splitBatch(argument);
    if (items.length === 0) problems.push(`'${argument.trim()}' does not name a source.`);
    for (const { text } of items) {
      await collector.add(text, { folder: reader.cwd, chain: [] }).catch((error: unknown) => {
        problems.push(messageOf(error));
      });
    }
  }
  if (problems.length > 0) throw new UsageError('bad-source', problems.join('\n'));
  return {
    requests: [...collector.requests.values()],
    invalid: collector.invalid,
    warnings: collector.warnings(),
  };
}

/** Returns a path that means the same in batch files of other folders, unless a batch would split it. */
export function batchPath(path: string, name: string): string {
  const [item] = splitBatch(path);
  return item?.text === path ? path : name;
}

/** Splits the text of a batch at commas and line ends. A `#` at the start of a word starts a comment. */
export function splitBatch(text: string): { readonly line: number; readonly text: string }[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .flatMap((line, index) =>
      line
        .replace(/(?<before>^|[\s,])#.*/, '$<before>')
        .split(',')
        .map((item) => ({ line: index + 1, text: item.trim() })),
    )
    .filter((item) => item.text !== '');
}

/** The folder that paths of an item are relative to, and the batch files that include the item. */
interface BatchPosition {
  readonly folder: string;
  readonly chain: readonly string[];
  readonly origin?: Origin;
}

class Collector {
  readonly requests = new Map<string, SourceRequest | ListRequest>();
  readonly invalid: InvalidSource[] = [];
  /** What addresses of lists ask for, and the API cannot filter by. */
  readonly #ignored: UsageError[] = [];
  /** Places of links with a key; undefined for an argument. */
  readonly #tokens: (Origin | undefined)[] = [];
  /** Paths of batch files that were read completely. */
  readonly #finished = new Set<string>();
  readonly #reader: SourceReader;

  constructor(reader: SourceReader) {
    this.#reader = reader;
  }

  /** @throws UsageError if the text is not a source; invalid items of a batch file are collected */
  async add(text: string, position: BatchPosition): Promise<void> {
    if (text === '-' && !position.origin)
      return this.#addAll(decode(await this.#reader.readStdin(), '-'), '-', position);
    if (hasToken(text)) this.#tokens.push(position.origin);
    const item = parseItem(text);
    if (item.kind === 'path') return this.#addFile(item.path, position);
    if (isFavorites(text) && (await this.#isFile(text, position))) return this.#addFile(text, position);
    const subject = { text: redactSecrets(text), origin: position.origin };
    if (item.kind === 'source') return this.#addRequest(item.source, { source: item.source, ...subject });
    if (item.ignored.length > 0) this.#ignored.push(ignoredError(subject.text, item.ignored));
    this.#addRequest(item.list, { listSource: item.list, ...subject });
  }

  #addRequest(named: Source | ListSource, request: SourceRequest | ListRequest): void {
    const id = sourceKey(named);
    if (!this.requests.has(id)) this.requests.set(id, request);
  }

  warnings(): readonly UsageError[] {
    return [...this.#tokenWarnings(), ...this.#ignored];
  }

  /** One for all links: a batch file may have hundreds. */
  #tokenWarnings(): readonly UsageError[] {
    const [first] = this.#tokens;
    const others = this.#tokens.length - 1;
    if (others < 0) return [];
    const place = first ? `in ${first.file}:${first.line}` : 'on the command line';
    const more = others > 0 ? ` and in ${others} more` : '';
    return [
      new UsageError(
        'usage',
        `The API key ('token=…') in a link ${place}${more} is ignored. Pass the key for this run with ` +
          "'civitdl -k', or store it with 'civitconfig login'.",
      ),
    ];
  }

  async #addFile(name: string, { folder, chain, origin }: BatchPosition): Promise<void> {
    const path = absolutePath(name, { cwd: folder, home: this.#reader.home });
    if (chain.includes(path)) {
      throw new UsageError(
        'bad-source',
        `Batch files refer to each other in a circle: ${[...chain, path].join(' -> ')}`,
      );
    }
    if (this.#finished.has(path)) return;
    const bytes = await this.#read(path, name);
    if (pictureKindOf(bytes) !== undefined) {
      const listSource = { kind: 'picture', path } as const;
      // A name in a batch file is relative to its folder, which a command to retry does not know.
      return this.#addRequest(listSource, {
        listSource,
        text: origin ? batchPath(path, name) : name,
        origin,
      });
    }
    const content = decode(bytes, name);
    await this.#addAll(content, name, { folder: dirname(path), chain: [...chain, path] });
    this.#finished.add(path);
  }

  async #addAll(content: string, file: string, position: BatchPosition): Promise<void> {
    for (const { line, text } of splitBatch(content)) {
      const origin = { file, line };
      await this.add(text, { ...position, origin }).catch((error: unknown) => {
        if (!(error instanceof UsageError)) throw error;
        this.invalid.push({ text: redactSecrets(text), origin, error });
      });
    }
  }

  async #isFile(name: string, { folder }: BatchPosition): Promise<boolean> {
    const path = absolutePath(name, { cwd: folder, home: this.#reader.home });
    return this.#reader.readFile(path).then(
      () => true,
      () => false,
    );
  }

  async #read(path: string, name: string): Promise<Uint8Array> {
    try {
      return await this.#reader.readFile(path);
    } catch (error) {
      throw new UsageError('bad-source', unreadable(redactSecrets(name), errnoCode(error)), {
        cause: error,
      });
    }
  }
}

function unreadable(name: string, code: string | undefined): string {
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return `'${name}' is not a source and not an existing file. ${FORMS}.`;
  if (code === 'EISDIR') return `'${name}' is a folder. ${FORMS}.`;
  // Node has its own codes for what is no error of the system, as for a file of more than 2 GB.
  return `Cannot read the batch file '${name}'${code === undefined ? '' : ` (${code})`}.`;
}

function ignoredError(text: string, names: readonly string[]): UsageError {
  return new UsageError(
    'usage',
    `'${text}': Civitai's API cannot filter by ${names.join(', ')}: not filtered.`,
  );
}

/** Windows writes text files in UTF-16, with a mark at their start. */
const UTF16_MARKS = [
  { encoding: 'utf-16le', mark: [0xff, 0xfe] },
  { encoding: 'utf-16be', mark: [0xfe, 0xff] },
];

function decode(bytes: Uint8Array, name: string): string {
  const utf16 = UTF16_MARKS.find(({ mark }) => mark.every((byte, index) => bytes[index] === byte));
  try {
    const text = new TextDecoder(utf16?.encoding ?? 'utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Invalid in its encoding.
  }
  throw new UsageError('bad-source', `'${name}' is not a text file, so it cannot be a batch file.`);
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  throw error;
}
