import { describe, expect } from 'vitest';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type Given, models, size, transferExample } from './transferring.js';

it.override('serverOptions', { models });

async function transfer(given: Given, arrange: () => void = () => {}) {
  civitai.setRate(8_000_000);
  arrange();
  const transferred = await transferExample(civitai, sandbox, given);
  const requests = civitai.requestsTo('storage');
  return { ...transferred, requests, sent: requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0) };
}

describe.each([2, 4, 8])('a file over %i connections', (maxConnections) => {
  it('is sent once, in bounded ranges', async () => {
    const { isRight, requests, sent } = await transfer({ maxConnections });
    expect(isRight).toBe(true);
    expect(sent).toBe(size);
    expect(requests.map(({ headers }) => headers.range)).not.toContain(undefined);
  });

  it('is asked for once where entity tags alternate', async () => {
    let count = 0;
    const { isRight, sent, events } = await transfer({ maxConnections }, () => {
      const where = () => count++ % 2 === 1;
      civitai.fault({ on: 'storage', kind: 'changedTag', where, times: Number.POSITIVE_INFINITY });
    });
    expect(isRight).toBe(true);
    expect(sent).toBe(size);
    expect(events.filter(({ type }) => type === 'started-over')).toEqual([]);
  });

  it('has no more requests under way than connections', async () => {
    let max = 0;
    const { isRight } = await transfer({ maxConnections }, () => {
      const where = () => {
        const underWay = civitai.requestsTo('storage').filter(({ completed }) => !completed);
        max = Math.max(max, underWay.length);
        return false;
      };
      civitai.fault({ on: 'storage', kind: 'noRanges', where, times: Number.POSITIVE_INFINITY });
    });
    expect(isRight).toBe(true);
    expect(max).toBe(maxConnections);
  });
});

describe('a connection that stalls', () => {
  // Only the time limit of the test would end the wait for it.
  const networkTimeout = 120_000;

  it.each([
    ['in the middle', Math.floor(size / 2)],
    ['at the end', size - 10_000],
    ['at the last byte', size - 1],
  ])('%s loses the rest of its segment to the others', async (_where, at) => {
    civitai.setRate(8_000_000);
    civitai.fault({ on: 'storage', kind: 'stall', at });
    const { isRight, error } = await transferExample(civitai, sandbox, { maxConnections: 4, networkTimeout });
    expect(error).toBeUndefined();
    expect(isRight).toBe(true);
  });
});
