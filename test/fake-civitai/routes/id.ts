const LARGEST = 2 ** 31 - 1;

/** The number at the end of a path, if it is one that the server takes for an id. */
export function parseId(path: string): number | undefined {
  const text = path.slice(path.lastIndexOf('/') + 1);
  const id = Number(text);
  return /^\d+$/.test(text) && id >= 1 && id <= LARGEST ? id : undefined;
}
