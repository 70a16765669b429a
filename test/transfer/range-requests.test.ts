import { expect } from 'vitest';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { models, transferExample, tuning } from './transferring.js';

it.override('serverOptions', { models });

it('requests integer byte positions at any speed', async () => {
  // Slow enough that the speed decides the size of a segment.
  civitai.setRate(400_000);
  const given = {
    maxConnections: 4,
    tuning: { ...tuning, minSegment: 65_536, maxSegment: Number.POSITIVE_INFINITY },
  };
  expect(await transferExample(civitai, sandbox, given)).toMatchObject({ error: undefined, isRight: true });
  const ranges = civitai.requests.flatMap(({ headers }) => headers.range ?? []);
  expect(ranges.length).toBeGreaterThan(4);
  expect(ranges.filter((range) => !/^bytes=\d+-\d*$/.test(range))).toEqual([]);
});
