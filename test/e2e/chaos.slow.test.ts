import { expect, it } from 'vitest';
import { runBatchChaos } from '../scripts/chaos/batch-chaos.js';
import { runFileChaos } from '../scripts/chaos/file-chaos.js';
import { runSoak } from '../scripts/soak/soak.js';

it('is right in the end, however often it was killed on the way', async () => {
  const size = 24_000_000;
  const result = await runFileChaos({
    kills: 4,
    seed: 7,
    size,
    bytesPerSecond: 3_000_000,
    maxLifeMs: 1_500,
  });
  expect(result.kills).toBe(4);
  expect(result.files).toBeGreaterThan(0);
  expect(result.right).toBe(result.files);
  expect(result.staleFiles).toEqual([]);
  // A small file on a fast connection loses a larger share with each kill than one of gigabytes, most on a busy machine,
  // where the journal is late.
  expect(result.sent).toBeLessThan(result.needed * 1.6);
});

it('is right in the end for a whole batch, and leaves nothing that lies around', async () => {
  const result = await runBatchChaos({
    kills: 6,
    seed: 3,
    count: 16,
    sizeOf: (index) => 400_000 + (index % 4) * 200_000,
    jobs: 4,
    bytesPerSecond: 1_500_000,
    maxLifeMs: 900,
  });
  const { kills, models, right, wrong, staleFiles, statuses, urls, sent, needed } = result;
  expect({ kills, right, wrong, staleFiles }).toEqual({ kills: 6, right: models, wrong: [], staleFiles: [] });
  expect(new Set(statuses)).toEqual(new Set([0]));
  // Each kill costs at most two URLs per job: one of a running download and one of the next.
  expect(urls).toBeLessThanOrEqual(models + kills * 8);
  // Small files lose a larger share with each kill.
  expect(sent).toBeLessThan(needed * 1.5);
});

it('gets all that can be had from a server of which much goes wrong', async () => {
  const count = 60;
  const refuseEvery = 15;
  const result = await runSoak({
    count,
    refuseEvery,
    sizeOf: (index) => 20_000 + index * 500,
    jobs: 8,
    faultEvery: 20,
    stalls: false,
    sampleMs: 1_000,
  });
  const { status, right, missing, surplus, staleFiles, urls, faults } = result;
  const possible = count - count / refuseEvery;
  expect({ status, right, missing, surplus, staleFiles }).toEqual({
    status: 7,
    right: possible,
    missing: [],
    surplus: [],
    staleFiles: [],
  });
  expect(faults).toBeGreaterThan(8);
  expect(urls).toBeLessThanOrEqual(possible * 1.1);
});
