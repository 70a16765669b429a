import { UsageError } from '../errors.js';

/** Which file of a version: by id, or by as many of its properties as are given. */
export type FileSelector =
  | { readonly fileId: number }
  | {
      readonly type?: string;
      readonly format?: string;
      readonly size?: string;
      readonly fp?: string;
      readonly quantType?: string;
    };

/** What a user wants, in one of the ways to name it. */
export type Source =
  | { readonly kind: 'model'; readonly modelId: number }
  /** `modelId` where the text named it too: whether both belong together is for the server to say. */
  | {
      readonly kind: 'version';
      readonly versionId: number;
      readonly modelId?: number;
      readonly file?: FileSelector;
    }
  /** In upper case, as the server writes it. */
  | { readonly kind: 'hash'; readonly hash: string };

/** The same for sources that mean the same, whichever form named them. */
export function sourceKey(source: Source): string {
  return JSON.stringify(source, (_name, value: unknown) =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

/** The largest id that the server can have. */
const LARGEST_ID = 2_147_483_647;

/**
 * A model, version or file id out of digits.
 * @param text what a user typed, for the message
 * @throws UsageError
 */
export function parseId(digits: string | undefined, text: string): number {
  const id = digits !== undefined && /^\d+$/.test(digits) ? Number(digits) : 0;
  if (id >= 1 && id <= LARGEST_ID) return id;
  throw new UsageError(
    'bad-source',
    `'${text}' has no id from 1 to ${LARGEST_ID} where there should be one.`,
  );
}
