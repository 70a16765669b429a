/** The part of a file that a response says it holds, in bytes: `end` is the first byte after it. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  /** Size of the whole file; undefined where the server says that it does not know. */
  readonly total: number | undefined;
}

/** What a host says to tell one state of a file from another; only of use with the host that gave it. */
export interface Validator {
  readonly origin: string;
  readonly entityTag: string;
}

/** Parses `Content-Range: bytes 0-9/100` (RFC 9110, section 14.4); undefined when it is missing or makes no sense. */
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

/** The size that a 416 tells, `Content-Range: bytes * /100` without the blank. */
export function parseUnsatisfiedRange(value: string | undefined): number | undefined {
  const total = /^bytes \*\/(?<total>\d+)$/.exec(value?.trim() ?? '')?.groups?.total;
  return total === undefined ? undefined : Number(total);
}

/**
 * Headers that ask for the bytes from `start` up to `end`, or to the end of the file where that is undefined. A strong
 * entity tag of the same host is sent along as `If-Range`, so that a file that has changed comes whole (RFC 9110,
 * section 13.1.5); a tag of another host would force the same for identical bytes.
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

/** The validator of a response, where it has a strong entity tag that can be sent back (RFC 9110, section 8.8.3). */
export function validatorOf(origin: string, entityTag: string | undefined): Validator | undefined {
  return entityTag !== undefined && /^"[!#-~]*"$/.test(entityTag) ? { origin, entityTag } : undefined;
}

/** Bytes from `start` on, up to but not including `end`. */
export type ByteRange = readonly [start: number, end: number];

/** Which bytes of a file are there: ranges in order, without touching each other. */
export class RangeSet {
  #ranges: ByteRange[] = [];

  constructor(ranges: Iterable<ByteRange> = []) {
    for (const [start, end] of ranges) this.add(start, end);
  }

  get ranges(): readonly ByteRange[] {
    return this.#ranges;
  }

  /** Bytes from the file's beginning on that are there without a gap. */
  get prefixEnd(): number {
    const [first] = this.#ranges;
    return first?.[0] === 0 ? first[1] : 0;
  }

  /** Number of bytes. */
  get size(): number {
    return this.#ranges.reduce((sum, [start, end]) => sum + end - start, 0);
  }

  /** The first byte after all that is there. */
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

  /** What is missing up to `end`, in order. */
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
