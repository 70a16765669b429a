import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeAtomic } from '../atomic-file.js';

const identitySchema = z.object({
  /** Names the file on offer, whatever URL it comes from. */
  key: z.string(),
  size: z.int().nonnegative().optional(),
  sha256: z.string().optional(),
});

const recordSchema = z.object({
  version: z.literal(1),
  identity: identitySchema,
  validator: z.object({ origin: z.string(), entityTag: z.string() }).optional(),
  /** Ranges that are safely on disk, as [start, end) in bytes: in order, without touching each other. */
  done: z.array(z.tuple([z.int().nonnegative(), z.int().positive()])),
});

/** Which file the bytes of a part file belong to. */
export type FileIdentity = z.output<typeof identitySchema>;

/** What is known of a part file; never a signed URL, which is a secret. */
export type PartRecord = z.output<typeof recordSchema>;

/** The record at a path; undefined when there is none, or none that can be understood: then nothing is known. */
export async function readPartRecord(path: string): Promise<PartRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writePartRecord(path: string, record: PartRecord): Promise<void> {
  await writeAtomic(path, `${JSON.stringify(record)}\n`);
}

/** Whether bytes recorded for one file can be continued as the other. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.key === b.key && a.size === b.size && a.sha256 === b.sha256;
}
