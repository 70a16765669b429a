import { describe, expect } from 'vitest';
import type { FaultKind } from '../fake-civitai/civitai.js';
import { sandbox as box, civitai, it } from '../harness/fixture.js';
import { models, transferExample } from './transferring.js';

it.override('serverOptions', { models });

const spoil = (fault: FaultKind, times: number) => civitai.fault({ on: 'storage', times, ...fault });

/** What a server in trouble sends now and then, so that it may do so twice in a row. */
const rows: readonly (readonly [name: string, FaultKind])[] = [
  ['a page', { kind: 'html' }],
  ['an error as JSON', { kind: 'json' }],
  ['it packed', { kind: 'gzip' }],
  ['wrong bytes', { kind: 'wrongBytes' }],
  ['a byte that is wrong', { kind: 'corrupt', at: 1_000 }],
];

describe.each(rows)('a server that sends %s', (_name, fault) => {
  it('is asked until it sends the file, where that is the third time', async () => {
    spoil(fault, 2);
    expect(await transferExample(civitai, box)).toMatchObject({ error: undefined, isRight: true });
    expect(civitai.requestsTo('storage').length).toBeLessThanOrEqual(3);
    expect(civitai.requestsTo('download')).toHaveLength(1);
  });

  it('is not asked without end', async () => {
    spoil(fault, Number.POSITIVE_INFINITY);
    const { error, isRight } = await transferExample(civitai, box);
    expect(error).toMatchObject({ name: 'ContentError' });
    expect(isRight).toBeUndefined();
    expect(civitai.requestsTo('storage').length).toBeLessThanOrEqual(4);
  });
});
