import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import { writeAtomic } from '../disk/atomic-write.js';
import { tryReadText } from '../disk/files.js';
import type { ByteRange, Validator } from './byte-ranges.js';

const identitySchema = z.object({
  /** Names the file on offer, whatever URL it comes from. */
  key: z.string(),
  size: z.int().nonnegative().optional(),
  sha256: z.string().optional(),
});

const rangesSchema = z.array(z.tuple([z.int().nonnegative(), z.int().positive()]));

const headSchema = z.object({
  version: z.literal(2),
  identity: identitySchema,
  validator: z.object({ origin: z.string(), entityTag: z.string() }).optional(),
  /** Ranges that were flushed to the disk before this was written. */
  flushed: rangesSchema,
});

const tailSchema = z.object({
  /** The start of the machine during which this was written. */
  boot: z.string(),
  /** Ranges that were written, and are in the system's memory at least. */
  written: rangesSchema,
});

/** Which file the bytes of a part file belong to. */
export interface FileIdentity {
  readonly key: string;
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
}

/**
 * What is known of a part file; never a signed URL, which is a secret.
 *
 * The first line is replaced as a whole, after the bytes that it tells of have been flushed: it stays true whenever
 * the power goes. Lines that are appended to it tell what has been written since. Those bytes survive the end of the
 * process, but not that of the system, so they count only as long as the machine has not been started anew. A line that
 * was cut off counts for nothing.
 */
export interface PartRecord {
  readonly identity: FileIdentity;
  readonly validator: Validator | undefined;
  readonly flushed: readonly ByteRange[];
}

/** A record as it was found: with the ranges that can be relied on. */
export interface FoundRecord extends Omit<PartRecord, 'flushed'> {
  readonly ranges: readonly ByteRange[];
}

/**
 * The record at a path; undefined when there is none, or none that can be understood: then nothing is known.
 * @param boot names the current start of the machine
 */
export function readPartRecord(path: string, boot: string): FoundRecord | undefined {
  const [first = '', ...rest] = (tryReadText(path) ?? '').split('\n');
  const head = parseLine(first, headSchema);
  if (!head) return undefined;
  const tail = rest.map((line) => parseLine(line, tailSchema)).findLast((line) => line !== undefined);
  const ranges = tail?.boot === boot ? tail.written : head.flushed;
  return { identity: head.identity, validator: head.validator, ranges };
}

/** What is written, though perhaps not flushed. */
export interface Written {
  readonly boot: string;
  readonly written: readonly ByteRange[];
}

/** Replaces the record. Only in one's turn. */
export async function writePartRecord(path: string, record: PartRecord, written: Written): Promise<void> {
  const content = `${JSON.stringify({ version: 2, ...record })}\n${JSON.stringify(written)}\n`;
  await writeAtomic(path, content, { lock: path, needsFolder: true });
}

/** Adds to the record what was written since, without waiting for the disk. */
export function appendWritten(path: string, written: Written): void {
  appendFileSync(path, `${JSON.stringify(written)}\n`);
}

/** Whether bytes recorded for one file can be continued as the other. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.key === b.key && a.size === b.size && a.sha256 === b.sha256;
}

function parseLine<T>(line: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
