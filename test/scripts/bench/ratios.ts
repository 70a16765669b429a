/** The middle of a list, or the mean of the two middles; NaN if empty. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return (low + high) / 2;
}

/** Divides each value by its partner of the same round, in which other programs disturbed both. */
export function ratios(values: readonly number[], partners: readonly number[]): number[] {
  return values.map((value, index) => value / (partners[index] ?? Number.NaN));
}

/** `1.83 (1.80..1.90)`: median, minimum and maximum; the median alone of one value. */
export function spread(values: readonly number[], digits: number): string {
  const middle = median(values).toFixed(digits);
  if (values.length < 2) return middle;
  return `${middle} (${Math.min(...values).toFixed(digits)}..${Math.max(...values).toFixed(digits)})`;
}
