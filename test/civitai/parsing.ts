import { describe, expect, it } from 'vitest';
import type { ListSource, ModelsQuery } from '../../src/civitai/list-source.js';
import { parseItem, type SourceItem } from '../../src/civitai/parse-source.js';
import type { FileSelector, Source } from '../../src/civitai/source.js';
import { UsageError } from '../../src/errors.js';
import { processorMs } from '../harness/processor-time.js';

export const model = (modelId: number): Source => ({ kind: 'model', modelId });
export const version = (
  versionId: number,
  given: { readonly modelId?: number; readonly file?: FileSelector } = {},
): Source => ({ kind: 'version', versionId, ...given });
export const hash = (text: string): Source => ({ kind: 'hash', hash: text });
export const path = { kind: 'path' } as const;

export const sha256 = '6f07b91f88f9c4e22b8f747de4b2c1aae14f63e79226fc0cf4e8f55bc1458578';
export const key = '0123456789abcdef0123456789abcdef';

/** A list of models, and what the API cannot filter by. */
export interface ListMeaning {
  readonly list: ListSource;
  readonly ignored: readonly string[];
}

export const list = (listSource: ListSource, ...ignored: string[]): ListMeaning => ({
  list: listSource,
  ignored,
});
export const models = (query: ModelsQuery, ...ignored: string[]): ListMeaning =>
  list({ kind: 'models', query }, ...ignored);

/** A source, a list, a path, or the message of the error. */
export type Meaning = Source | ListMeaning | typeof path | RegExp;

/** Tests the meaning of texts, by group. */
export function testMeanings(
  groups: Readonly<Record<string, readonly (readonly [text: string, meaning: Meaning])[]>>,
): void {
  for (const [group, rows] of Object.entries(groups)) {
    describe(group, () => {
      it.each(rows.map(([text, meaning]) => ({ text, meaning })))('$text', ({ text, meaning }) => {
        expectMeaning(text, meaning);
      });
    });
  }
}

function expectMeaning(text: string, meaning: Meaning): void {
  if (meaning instanceof RegExp) {
    expect(() => parseItem(text)).toThrow(UsageError);
    expect(() => parseItem(text)).toThrow(expect.objectContaining({ code: 'bad-source' }));
    expect(() => parseItem(text)).toThrow(meaning);
    return;
  }
  if ('list' in meaning) {
    expect(parseItem(text)).toEqual({ kind: 'list', ...meaning });
    return;
  }
  const item: SourceItem =
    meaning.kind === 'path' ? { kind: 'path', path: text } : { kind: 'source', source: meaning };
  expect(parseItem(text)).toEqual(item);
}

/** Expects that a text is parsed, or refused, within a second. */
export function expectParsedFast(text: string): void {
  const parse = () => {
    try {
      parseItem(text);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
    }
  };
  expect(processorMs(parse)).toBeLessThan(1_000);
}
