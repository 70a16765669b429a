import { randomUUID } from 'node:crypto';

/** A number that JavaScript would round, such as a seed of 64 bits. */
export class ExactNumber {
  readonly #digits: string;

  constructor(digits: string) {
    this.#digits = digits;
  }

  toString(): string {
    return this.#digits;
  }

  toJSON(): number {
    return Number(this.#digits);
  }
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/** Parses JSON so that {@link formatExactJson} writes all numbers digit by digit. @throws SyntaxError */
export function parseExactJson(text: string): unknown {
  // The marks could make a text valid that is not.
  JSON.parse(text);
  const mark = newMark();
  const marked = text.replace(TOKEN, (token) =>
    token.startsWith('"') || isExact(token) ? token : `"${mark}${token}"`,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? new ExactNumber(value.slice(mark.length)) : value,
  );
}

/** Formats JSON in ASCII: some readers open it in the code page of the system. */
export function formatExactJson(json: unknown): string {
  const mark = newMark();
  const replacer = function (this: Readonly<Record<string, unknown>>, key: string, value: unknown) {
    const exact = this[key];
    return exact instanceof ExactNumber ? `${mark}${exact}` : value;
  };
  const text = JSON.stringify(json, replacer, 2)
    .replace(new RegExp(`"${mark}([^"]*)"`, 'g'), '$1')
    .replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${text}\n`;
}

/** No text of a server or of another program can contain it. */
function newMark(): string {
  return `number ${randomUUID()} `;
}

function isExact(token: string): boolean {
  const number = Number(token);
  return /^-?\d+$/.test(token) ? Number.isSafeInteger(number) : Number.isFinite(number);
}
