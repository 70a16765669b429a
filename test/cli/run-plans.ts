import type { PlanCounts, RunPlan } from '../../src/download/run-plan.js';

/** Counts of versions with one file each, except for the given ones. */
export function countsOf(versions: number, bytes: number, given: Partial<PlanCounts> = {}): PlanCounts {
  return { models: versions, versions, files: versions, bytes, unknown: 0, ...given };
}

/** A plan to download all of the listed models, which are LoRAs, except for the given properties. */
export function planOf(given: Partial<RunPlan>): RunPlan {
  const missing = given.missing ?? countsOf(1, 1_000_000);
  return {
    rootDir: '/models',
    listed: missing,
    present: countsOf(0, 0),
    missing,
    types: [{ type: 'LORA', ...missing }],
    otherSources: 0,
    free: 500_000_000_000,
    ...given,
  };
}
