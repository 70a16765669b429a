import { JsonLimits } from '../civitai/json-limits.js';
import type { ApiJson } from '../civitai/model.js';
import { isRecord } from '../civitai/schema-rules.js';

export type Json = ApiJson;

/** Parses JSON of a tool; undefined if it is none, or too deep or large to be walked through. */
function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text) || new JsonLimits().add(Buffer.from(text)) !== undefined) return undefined;
  return parse(text) ?? parse(replaceWords(text));
}

/** Words that Python and JavaScript write in place of JSON's null. */
const NOT_JSON = /-?\b(NaN|Infinity|undefined)\b/g;

/** Replaces words that JSON does not know by null, but not in texts. */
function replaceWords(json: string): string {
  const parts: string[] = [];
  for (let position = 0; position < json.length; ) {
    const quote = json.indexOf('"', position);
    const start = quote < 0 ? json.length : quote;
    const end = endOfQuotes(json, start) ?? json.length;
    parts.push(json.slice(position, start).replace(NOT_JSON, 'null'), json.slice(start, end));
    position = end;
  }
  return parts.join('');
}

/** Returns the position after the text of JSON that starts at a position; undefined if it is not closed. */
export function endOfQuotes(json: string, start: number): number | undefined {
  for (let position = start + 1; position < json.length; position++) {
    const letter = json[position];
    if (letter === '\\') position++;
    else if (letter === '"') return position + 1;
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns an object, or the object in a text of JSON; an empty one for anything else. */
export function objectOf(value: unknown): Json {
  const json = typeof value === 'string' ? parseJson(value) : value;
  return isRecord(json) ? json : {};
}

/** Returns the objects of a list, or of a list in a text of JSON. */
export function objectsOf(value: unknown): readonly Json[] {
  return listOf(value).filter(isRecord);
}

/** Returns a list, or the list in a text of JSON; an empty one for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  const json = typeof value === 'string' ? parseJson(value) : value;
  return Array.isArray(json) ? json : [];
}
