import { endOfQuotes } from './json.js';

/** The settings in A1111's last line by their keys. */
export type Details = ReadonlyMap<string, string>;

/** A prompt can have a pair or two; a line of settings begins with many. */
const MIN_PAIRS = 3;
/** A value whose quote or bracket is never closed is searched to the end of the line, so only so many of them are. */
const MAX_UNCLOSED = 5;

const FIRST_KEY = 'Steps';
const KEY = /\w[\w /-]*$/;
const MAX_KEY_LENGTH = 60;
/** Not `Hires Steps`. */
const START = /(?<![\w-] ?)Steps: /;

export interface Parameters {
  /** All that precedes the settings. */
  readonly prompts: string;
  readonly details: Details;
}

/**
 * Splits A1111's text into prompts and settings, which are the last line that looks like settings: prompts have lines of
 * any kind, and a template can follow. Some tools replace the ends of lines.
 */
export function parseParameters(text: string): Parameters | undefined {
  const lines = text.split(/\r\n|\r|\n/);
  const index = lastDetails(lines, (line) => line.startsWith(`${FIRST_KEY}: `));
  const line = index >= 0 ? index : lastDetails(lines, () => true);
  if (line < 0) return undefined;
  const details = lines[line] ?? '';
  const start = START.exec(details)?.index ?? 0;
  return {
    prompts: [...lines.slice(0, line), details.slice(0, start)].join('\n'),
    details: parseDetails(details.slice(start)),
  };
}

function lastDetails(lines: readonly string[], isCandidate: (line: string) => boolean): number {
  return lines.findLastIndex((line) => isCandidate(line.trimStart()) && parseDetails(line).size >= MIN_PAIRS);
}

/** Parses `key: value, key: value`. What precedes the last `Steps` is of a prompt in the same line. */
function parseDetails(line: string): Details {
  const details = new Map<string, string>();
  const scanner = new ValueScanner(line);
  let colon = line.indexOf(': ');
  for (let position = 0; colon >= 0; ) {
    const comma = scanner.endOfPart(position);
    if (comma < colon) {
      position = comma + 1;
      continue;
    }
    const key = KEY.exec(line.slice(Math.max(position, colon - MAX_KEY_LENGTH), colon))?.[0] ?? '';
    if (key === FIRST_KEY) details.clear();
    const value = scanner.scan(colon + 2);
    const start = value.isPlain ? START.exec(value.text)?.index : undefined;
    if (start !== undefined) position = value.start + start;
    else position = value.end + 1;
    if (key !== '' && start === undefined) details.set(key, value.text.trim());
    colon = line.indexOf(': ', position);
  }
  return details;
}

interface ScannedValue {
  readonly text: string;
  /** Whether it is not JSON. */
  readonly isPlain: boolean;
  readonly start: number;
  /** Position of the comma that ends it. */
  readonly end: number;
}

/** Finds the ends of values: a text of JSON, a list or an object of JSON, or anything else without a comma. */
class ValueScanner {
  readonly #line: string;
  #unclosed = 0;
  #comma = -1;

  constructor(line: string) {
    this.#line = line;
  }

  /** Returns the position of the next comma, or the end of the line. Positions only go up: none is searched twice. */
  endOfPart(position: number): number {
    if (this.#comma < position) {
      const comma = this.#line.indexOf(',', position);
      this.#comma = comma < 0 ? this.#line.length : comma;
    }
    return this.#comma;
  }

  scan(start: number): ScannedValue {
    const line = this.#line;
    const first = line[start] ?? '';
    const end = '"{['.includes(first) && first !== '' ? this.#endOfJson(start) : undefined;
    if (end === undefined) {
      const comma = this.endOfPart(start);
      return { text: line.slice(start, comma), isPlain: true, start, end: comma };
    }
    const json = line.slice(start, end);
    const text = first === '"' ? unquote(json) : json;
    return { text, isPlain: false, start, end: this.endOfPart(end) };
  }

  /** Returns the position after a value of JSON, whose texts can have brackets; undefined if it is not closed. */
  #endOfJson(start: number): number | undefined {
    if (this.#unclosed === MAX_UNCLOSED) return undefined;
    const line = this.#line;
    let depth = 0;
    for (let position = start; position < line.length; position++) {
      const letter = line[position];
      if (letter === '"') {
        const end = endOfQuotes(line, position);
        if (end === undefined) break;
        position = end - 1;
      } else if (letter === '{' || letter === '[') depth++;
      else if (letter === '}' || letter === ']') depth--;
      if (depth === 0) return position + 1;
    }
    this.#unclosed++;
    return undefined;
  }
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}
