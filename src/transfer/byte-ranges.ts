/** Like all ranges here, it does not include `end`. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  /** Undefined if unknown to the server. */
  readonly total: number | undefined;
}

/** Identifies one state of a file; valid only for the origin that sent it. */
export interface Validator {
  readonly origin: string;
  readonly entityTag: string;
}

/** Parses `Content-Range: bytes 0-9/100` (RFC 9110, section 14.4); undefined if missing or invalid. */
export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const match = /^bytes (?<first>\d+)-(?<last>\d+)\/(?<total>\d+|\*)$/.exec(value?.trim() ?? '');
  if (!match?.groups) return undefined;
  const { first, last, total } = match.groups;
  const range = {
    start: Number(first),
    end: Number(last) + 1,
    total: total === '*' ? undefined : Number(total),
  };
  return range.start < range.end && range.end <= (range.total ?? range.end) ? range : undefined;
}

/** Parses the size in the `Content-Range` of a 416; undefined if missing or invalid. */
export function parseUnsatisfiedRange(value: string | undefined): number | undefined {
  const total = /^bytes \*\/(?<total>\d+)$/.exec(value?.trim() ?? '')?.groups?.total;
  return total === undefined ? undefined : Number(total);
}

/**
 * Returns the headers of a range request. With `If-Range`, the host sends a changed file as a whole (RFC 9110, section
 * 13.1.5). The tag of another origin would force that even for identical bytes.
 */
export function rangeHeaders(
  start: number,
  end: number | undefined,
  origin: string,
  validator: Validator | undefined,
): Record<string, string> {
  if (start === 0 && end === undefined) return {};
  const range = { range: `bytes=${start}-${end === undefined ? '' : end - 1}` };
  return validator?.origin === origin ? { ...range, 'if-range': validator.entityTag } : range;
}

/** Returns the validator of a response; undefined without a strong entity tag (RFC 9110, section 8.8.3). */
export function validatorOf(origin: string, entityTag: string | undefined): Validator | undefined {
  return entityTag !== undefined && /^"[!#-~]*"$/.test(entityTag) ? { origin, entityTag } : undefined;
}

export type ByteRange = readonly [start: number, end: number];

/** A set of bytes as sorted ranges that do not touch. */
export class RangeSet {
  #ranges: ByteRange[] = [];

  constructor(ranges: Iterable<ByteRange> = []) {
    for (const [start, end] of ranges) this.add(start, end);
  }

  get ranges(): readonly ByteRange[] {
    return this.#ranges;
  }

  /** End of the range that begins at byte 0; 0 without one. */
  get prefixEnd(): number {
    const [first] = this.#ranges;
    return first?.[0] === 0 ? first[1] : 0;
  }

  get size(): number {
    return this.#ranges.reduce((sum, [start, end]) => sum + end - start, 0);
  }

  get end(): number {
    return this.#ranges.at(-1)?.[1] ?? 0;
  }

  add(start: number, end: number): void {
    if (start >= end) return;
    const before = this.#ranges.filter((range) => range[1] < start);
    const after = this.#ranges.filter((range) => range[0] > end);
    const joined = this.#ranges.slice(before.length, this.#ranges.length - after.length);
    const from = Math.min(start, joined[0]?.[0] ?? start);
    const to = Math.max(end, joined.at(-1)?.[1] ?? end);
    this.#ranges = [...before, [from, to], ...after];
  }

  clear(): void {
    this.#ranges = [];
  }

  gaps(end: number): ByteRange[] {
    const gaps: ByteRange[] = [];
    let position = 0;
    for (const [start, stop] of [...this.#ranges, [end, end] as const]) {
      if (position >= end) break;
      if (start > position) gaps.push([position, Math.min(start, end)]);
      position = Math.max(position, stop);
    }
    return gaps;
  }
}
