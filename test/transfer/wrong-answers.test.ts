import { describe, expect } from 'vitest';
import type { FaultKind } from '../fake-civitai/civitai.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { models, transferExample } from './transferring.js';

it.override('serverOptions', { models });

const spoil = (fault: FaultKind, times: number) => civitai.fault({ on: 'storage', times, ...fault });

/** A server in trouble may send these twice in a row. */
const rows: readonly (readonly [name: string, FaultKind])[] = [
  ['a page', { kind: 'html' }],
  ['an error as JSON', { kind: 'json' }],
  ['a compressed body', { kind: 'gzip' }],
  ['wrong bytes', { kind: 'wrongBytes' }],
  ['one wrong byte', { kind: 'corrupt', at: 1_000 }],
];

describe.each(rows)('a server that sends %s', (_name, fault) => {
  it('gets up to two more requests for the file', async () => {
    spoil(fault, 2);
    expect(await transferExample(civitai, sandbox)).toMatchObject({ error: undefined, isRight: true });
    expect(civitai.requestsTo('storage').length).toBeLessThanOrEqual(3);
    expect(civitai.requestsTo('download')).toHaveLength(1);
  });

  it('gets at most three more requests', async () => {
    spoil(fault, Number.POSITIVE_INFINITY);
    const { error, isRight } = await transferExample(civitai, sandbox);
    expect(error).toMatchObject({ name: 'ContentError' });
    expect(isRight).toBeUndefined();
    expect(civitai.requestsTo('storage').length).toBeLessThanOrEqual(4);
  });
});
