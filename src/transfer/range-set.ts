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
