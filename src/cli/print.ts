import type { Output } from './context.js';

export type PrintLine = (line: string) => void;

export function linePrinter(output: Output): PrintLine {
  return (line) => output.write(`${line}\n`);
}

export function printLines(output: Output, lines: readonly string[]): void {
  for (const line of lines) output.write(`${line}\n`);
}

export function printJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`);
}
