import { describe, expect, it } from 'vitest';
import { ModelCollector } from '../../src/cli/finished-model.js';
import type { DownloadEvent, Outcome } from '../../src/download/events.js';
import { NetworkError } from '../../src/errors.js';
import { done, failed, repeated } from './report/outcomes.js';

const resolved = (item: number): DownloadEvent => ({
  type: 'resolved',
  item,
  model: { id: item, name: `Model ${item}`, type: 'LORA' },
  version: { id: item + 100, name: 'v1', baseModel: 'SD 1.5', trainedWords: [] },
  page: `https://civitai.com/models/${item}`,
  skipped: [],
});
const finished = (item: number, outcome: Outcome = done(), isLast = true): DownloadEvent => ({
  type: 'finished',
  item,
  outcome,
  isLast,
});
const broken = failed(new NetworkError('broken', 'The connection broke.'));

/** Returns the ids of the finished models, each with the number of its files. */
function collect(...events: readonly DownloadEvent[]) {
  const collector = new ModelCollector();
  return events.flatMap((event) => {
    const model = collector.add(event);
    return model ? [[model.model.id, model.files.length]] : [];
  });
}

describe('a finished model', () => {
  it.each<
    readonly [what: string, events: readonly DownloadEvent[], expected: readonly (readonly number[])[]]
  >([
    ['has one file', [resolved(1), finished(1)], [[1, 1]]],
    ['has several files', [resolved(1), finished(1, done(), false), finished(1)], [[1, 2]]],
    [
      'is not the one that runs beside it',
      [resolved(1), resolved(2), finished(2), finished(1)],
      [
        [2, 1],
        [1, 1],
      ],
    ],
    ['has a file that failed', [resolved(1), finished(1, broken, false), finished(1)], [[1, 1]]],
    ['has a last file that failed', [resolved(1), finished(1, done(), false), finished(1, broken)], [[1, 1]]],
    ['is not one that failed', [resolved(1), finished(1, broken)], []],
    ['is not one that was never resolved', [finished(1, broken)], []],
    ['is not a duplicate', [resolved(1), finished(1, repeated)], []],
  ])('%s', (_what, events, expected) => {
    expect(collect(...events)).toEqual(expected);
  });
});
