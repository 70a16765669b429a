import { closeSync, openSync, readSync } from 'node:fs';
import { createHashFollower } from '../disk/checksum/hash-follower.js';
import { statIfExists } from '../disk/files.js';
import { type Json, objectOf } from './format.js';

/** Longer headers are read by no application. */
const MAX_HEADER_BYTES = 32 * 1024 * 1024;
const LENGTH_BYTES = 8;

/** The header of a safetensors file. */
export interface Header {
  /** Position of the first byte after the header. */
  readonly end: number;
  /** `__metadata__`; texts that hold a JSON object are parsed. */
  readonly metadata: Json;
}

/** Reads the header of a safetensors file; undefined if it has none. */
export function readHeader(path: string): Header | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const length = Number(readBytes(file, LENGTH_BYTES, 0).readBigUInt64LE());
      if (length > MAX_HEADER_BYTES) return undefined;
      const json: unknown = JSON.parse(readBytes(file, length, LENGTH_BYTES).toString('utf8'));
      return { end: LENGTH_BYTES + length, metadata: parseTexts(objectOf(objectOf(json).__metadata__)) };
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function readBytes(file: number, count: number, position: number): Buffer {
  const bytes = Buffer.alloc(count);
  const read = readSync(file, bytes, 0, count, position);
  if (read < count) throw new Error('The file is too short.');
  return bytes;
}

function parseTexts(metadata: Json): Json {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, parseText(value)]));
}

function parseText(value: unknown): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Computes the SHA256 of everything after the header, in lower-case hex. @throws the system's error */
export async function hashTensors(path: string, { end }: Header, signal: AbortSignal): Promise<string> {
  const size = statIfExists(path)?.size ?? 0;
  const follower = createHashFollower({ path, algorithm: 'SHA256', start: end }, size);
  try {
    return await follower.finish(size, signal);
  } finally {
    await follower.close();
  }
}
