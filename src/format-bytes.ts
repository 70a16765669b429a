const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in decimal units, three digits: `3.15 MB`. */
export function formatBytes(bytes: number): string {
  // Rounded first: 999,999 bytes are 1.00 MB, not 1000 kB.
  const rounded = bytes < 1000 ? bytes : Number(bytes.toPrecision(3));
  const power = rounded < 1 ? 0 : Math.min(Math.floor(Math.log10(rounded) / 3), UNITS.length - 1);
  const value = rounded / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[power]}`;
}
