import { createHash } from 'node:crypto';
import type { Model, ModelVersion } from '../civitai/model.js';
import { isRecord } from '../civitai/schema-rules.js';

/** Change all the time, and say nothing about what is downloaded. */
const COUNTS = new Set(['stats', 'rank', 'metrics']);
const DIGITS = 32;

/**
 * Returns a hash of what a list says of a version and its model, apart from counts. Other versions do not matter:
 * lists of one base model leave them out.
 */
export function listDigest(model: Model, version: ModelVersion): string {
  const { modelVersions, ...json } = model.json;
  const text = JSON.stringify([sorted(json), sorted(version.json)]);
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
}

/** Sorts the keys of objects, whose order may differ from one response to the next. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).filter((key) => !COUNTS.has(key));
  return Object.fromEntries(keys.sort().map((key) => [key, sorted(value[key])]));
}
