/** Real responses are 12 levels deep. */
const MAX_DEPTH = 256;
/** A value takes up to a hundred bytes of memory. The largest list of models has some hundred thousands. */
const MAX_VALUES = 2_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** The bytes of `[` and `{`, and of `]` and `}`, differ in this bit only. */
const BRACE_BIT = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/**
 * Counts the levels and the values of JSON while it arrives, without parsing it: a few megabytes of brackets would
 * become gigabytes of objects, or overflow the stack of all that walk through them.
 */
export class JsonLimits {
  #depth = 0;
  #values = 1;
  #isInText = false;
  #isEscaped = false;

  /** Returns what is wrong with the JSON so far, if anything, to follow `sent`. */
  add(bytes: Uint8Array): string | undefined {
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] ?? 0;
      if (this.#isInText) index = this.#skipText(bytes, index);
      else if (byte === QUOTE) this.#isInText = true;
      else if (byte === COMMA) this.#values++;
      else if ((byte | BRACE_BIT) === OPENING) {
        this.#depth++;
        this.#values++;
        if (this.#depth > MAX_DEPTH) return `JSON of more than ${MAX_DEPTH} levels`;
      } else if ((byte | BRACE_BIT) === CLOSING) this.#depth--;
    }
    return this.#values > MAX_VALUES ? `JSON of more than ${MAX_VALUES} values` : undefined;
  }

  /** Returns the index of the quote that ends a text, or of the last byte. */
  #skipText(bytes: Uint8Array, start: number): number {
    let begin = this.#isEscaped ? start + 1 : start;
    for (;;) {
      const quote = bytes.indexOf(QUOTE, begin);
      const end = quote < 0 ? bytes.length : quote;
      let backslashes = 0;
      while (end - backslashes > begin && bytes[end - backslashes - 1] === BACKSLASH) backslashes++;
      const isEscaped = backslashes % 2 === 1;
      this.#isEscaped = quote < 0 && isEscaped;
      this.#isInText = quote < 0 || isEscaped;
      if (quote < 0) return bytes.length - 1;
      if (!isEscaped) return quote;
      begin = quote + 1;
    }
  }
}
