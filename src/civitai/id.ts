import { UsageError } from '../errors.js';

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
