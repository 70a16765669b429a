const MAX_ID = 2 ** 31 - 1;

/** Returns the id at the end of a path; undefined if it is invalid. */
export function parseId(path: string): number | undefined {
  const text = path.slice(path.lastIndexOf('/') + 1);
  const id = Number(text);
  return /^\d+$/.test(text) && id >= 1 && id <= MAX_ID ? id : undefined;
}
