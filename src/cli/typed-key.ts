import { UsageError } from '../errors.js';

/** A key of Civitai has 32 hex digits; no hash that is a source has that length. */
const KEY = /^(-[a-z]*k=?|--api-key=)?[0-9a-f]{32}$/i;
/** What commander shows of the arguments may have more digits, such as those of other flags. */
const KEY_IN_TEXT = /[0-9a-f]{32,}/gi;

/** Returns the error of arguments with an API key, which it does not show; undefined if there is none. */
export function findTypedKey(argv: readonly string[]): UsageError | undefined {
  const hasKey = argv.some(
    (word) => word.startsWith('--api-key=') || word.split(',').some((item) => KEY.test(item.trim())),
  );
  if (!hasKey) return undefined;
  return new UsageError(
    'usage',
    "-k takes no value: it asks for the key. Store it with 'civitconfig login', or set CIVITAI_API_KEY.\n" +
      'A file or folder whose name has 32 hex digits is typed with ./ before it.',
  );
}

/** Hides what may be an API key in a text. */
export function redactKeys(text: string): string {
  return text.replace(KEY_IN_TEXT, '…');
}
