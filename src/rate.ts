const UNITS = [
  ['G', 1_000_000_000],
  ['M', 1_000_000],
  ['K', 1_000],
] as const;

const FASTEST = 1_000_000_000_000;

/** What a rate can be, in words. */
export const RATES =
  'a rate in bytes per second, like 500K, 1.5M or 2G (K, M and G are powers of 1000), or 0 for no limit';

/**
 * Bytes per second out of a text like `1.5M`: a number, perhaps with a fraction, and perhaps K, M or G in either case.
 * Whole bytes; undefined where it is no rate. What would be less than a byte is none: it must not become 0, no limit.
 */
export function parseRate(text: string): number | undefined {
  const { number = '', letter = '' } =
    /^(?<number>\d+(\.\d+)?)(?<letter>[KMG]?)$/i.exec(text.trim())?.groups ?? {};
  if (number === '') return undefined;
  const unit = UNITS.find(([name]) => name === letter.toUpperCase())?.[1] ?? 1;
  const rate = Math.round(Number(number) * unit);
  const isLost = rate === 0 && Number(number) > 0;
  return isRate(rate) && !isLost ? rate : undefined;
}

export function isRate(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= FASTEST;
}

/** The shortest text that {@link parseRate} reads as this rate: `1.5M`. */
export function formatRate(rate: number): string {
  const fitting = UNITS.find(([, unit]) => rate >= unit && rate % (unit / 1000) === 0);
  return fitting ? `${rate / fitting[1]}${fitting[0]}` : String(rate);
}
