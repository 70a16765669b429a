import { dirname, resolve } from 'node:path';
import { parseItem } from '../civitai/parse-source.js';
import { type Source, sourceKey } from '../civitai/source.js';
import { withoutSecrets } from '../civitai/source-url.js';
import { errnoCode } from '../disk/errors.js';
import { expandHome } from '../disk/paths.js';
import { UsageError } from '../errors.js';

/** A source with the text that named it, and where that stood when it was in a batch file. */
export interface SourceRequest {
  readonly source: Source;
  readonly text: string;
  readonly origin?: Origin | undefined;
}

/** An item of a batch file that is no source. */
export interface InvalidSource {
  readonly text: string;
  readonly origin: Origin;
  readonly error: UsageError;
}

interface Origin {
  /** As it was named. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface SourceReader {
  /** Rejects as `fs.readFile` does. */
  readFile(path: string): Promise<Uint8Array>;
  readStdin(): Promise<Uint8Array>;
  readonly cwd: string;
  readonly home: string;
}

export interface Sources {
  readonly requests: readonly SourceRequest[];
  readonly invalid: readonly InvalidSource[];
}

const FORMS =
  'A source is a model id, a URL of civitai.com, an AIR, MODEL@VERSION, a hash, or the path of a batch file';

/**
 * Reads all sources that the arguments name, through lists and batch files, each once.
 * @throws UsageError listing every argument that is no source; a bad item in a batch file is rejected instead
 */
export async function readSources(args: readonly string[], reader: SourceReader): Promise<Sources> {
  const collector = new Collector(reader);
  const problems: string[] = [];
  for (const argument of args) {
    const items = splitBatch(argument);
    if (items.length === 0) problems.push(`'${argument.trim()}' names no source.`);
    for (const { text } of items) {
      await collector.add(text, { folder: reader.cwd, chain: [] }).catch((error: unknown) => {
        problems.push(messageOf(error));
      });
    }
  }
  if (problems.length > 0) throw new UsageError('bad-source', problems.join('\n'));
  return { requests: [...collector.requests.values()], invalid: collector.invalid };
}

/**
 * The items of a batch: between commas and line ends, without blank ones and comments. A `#` starts a comment where a
 * new word could start, so not within a URL.
 */
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

/** Where an item stands: the folder that its paths are relative to, and the batch files that led to it. */
interface BatchPosition {
  readonly folder: string;
  readonly chain: readonly string[];
  readonly origin?: Origin;
}

class Collector {
  /** By what they mean, so that each is there once. */
  readonly requests = new Map<string, SourceRequest>();
  readonly invalid: InvalidSource[] = [];
  /** Paths of batch files of which everything is there already. */
  readonly #finished = new Set<string>();
  readonly #reader: SourceReader;

  constructor(reader: SourceReader) {
    this.#reader = reader;
  }

  /** @throws UsageError when the text itself is no source; what is wrong inside a file that it names is rejected */
  async add(text: string, place: BatchPosition): Promise<void> {
    if (text === '-' && !place.origin)
      return this.#addAll(decode(await this.#reader.readStdin(), '-'), '-', place);
    const item = parseItem(text);
    if (item.kind === 'path') return this.#addFile(item.path, place);
    const key = sourceKey(item.source);
    const requested = { source: item.source, text: withoutSecrets(text), origin: place.origin };
    if (!this.requests.has(key)) this.requests.set(key, requested);
  }

  async #addFile(name: string, { folder, chain }: BatchPosition): Promise<void> {
    const path = resolve(folder, expandHome(name, this.#reader.home));
    if (chain.includes(path)) {
      throw new UsageError(
        'bad-source',
        `Batch files name each other in a circle: ${[...chain, path].join(' -> ')}`,
      );
    }
    if (this.#finished.has(path)) return;
    const content = decode(await this.#read(path, name), name);
    await this.#addAll(content, name, { folder: dirname(path), chain: [...chain, path] });
    this.#finished.add(path);
  }

  async #addAll(content: string, file: string, place: BatchPosition): Promise<void> {
    for (const { line, text } of splitBatch(content)) {
      const origin = { file, line };
      await this.add(text, { ...place, origin }).catch((error: unknown) => {
        if (!(error instanceof UsageError)) throw error;
        this.invalid.push({ text: withoutSecrets(text), origin, error });
      });
    }
  }

  async #read(path: string, name: string): Promise<Uint8Array> {
    try {
      return await this.#reader.readFile(path);
    } catch (error) {
      throw new UsageError('bad-source', unreadable(withoutSecrets(name), errnoCode(error)), {
        cause: error,
      });
    }
  }
}

function unreadable(name: string, code: string | undefined): string {
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return `'${name}' is no source, and there is no such file. ${FORMS}.`;
  if (code === 'EISDIR') return `'${name}' is a folder. ${FORMS}.`;
  return `The batch file '${name}' can't be read (${code}).`;
}

/** @throws UsageError when the bytes are no text */
function decode(bytes: Uint8Array, name: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Told below, like the other sign of a file that is no text.
  }
  throw new UsageError('bad-source', `'${name}' is no text file, so it can't be a batch file.`);
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  throw error;
}
