import { UsageError } from '../errors.js';
import type { ListSource } from './list-source.js';

export type FileSelector =
  | { readonly fileId: number }
  | {
      readonly type?: string;
      readonly format?: string;
      readonly size?: string;
      readonly fp?: string;
      readonly quantType?: string;
    };

export type Source =
  | { readonly kind: 'model'; readonly modelId: number }
  | {
      readonly kind: 'version';
      readonly versionId: number;
      /** If the text names it; the server has to confirm that it owns the version. */
      readonly modelId?: number;
      readonly file?: FileSelector;
    }
  /** In upper case, like the server's hashes. */
  | { readonly kind: 'hash'; readonly hash: string };

/** The same for sources that mean the same. */
export function sourceKey(source: Source | ListSource): string {
  return JSON.stringify(source, (_name, value: unknown) =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

/** The server's ids are 32-bit integers. */
const MAX_ID = 2_147_483_647;

/** @param text the whole source, for the UsageError */
export function parseId(digits: string | undefined, text: string): number {
  const id = digits !== undefined && /^\d+$/.test(digits) ? Number(digits) : 0;
  if (id >= 1 && id <= MAX_ID) return id;
  throw new UsageError(
    'bad-source',
    `'${text}' contains an invalid id. Ids are numbers from 1 to ${MAX_ID}.`,
  );
}
