import { randomUUID } from 'node:crypto';
import { asciiJson } from './text.js';

/** JSON with numbers that JavaScript would round, such as seeds of 64 bits. */
export interface ExactJson {
  /** In place of each such number there is a text. */
  readonly value: unknown;
  /** Formats a value with the numbers as they were. */
  readonly format: (value: unknown) => string;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/** Parses JSON so that the numbers in it can be written again digit by digit. @throws SyntaxError */
export function parseExactJson(text: string): ExactJson {
  // No text of a server can contain it.
  const mark = `number ${randomUUID()} `;
  const marked = text.replace(TOKEN, (token) =>
    token.startsWith('"') || isExact(token) ? token : `"${mark}${token}"`,
  );
  const numbers = new RegExp(`"${mark}([^"]*)"`, 'g');
  return { value: JSON.parse(marked), format: (value) => asciiJson(value).replace(numbers, '$1') };
}

function isExact(token: string): boolean {
  const number = Number(token);
  return /^-?\d+$/.test(token) ? Number.isSafeInteger(number) : Number.isFinite(number);
}
