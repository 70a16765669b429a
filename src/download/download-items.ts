import { InterruptedError } from '../errors.js';
import { downloadBatch } from './batch.js';
import type { RunContext } from './context.js';
import type { Outcome } from './events.js';
import { withItems } from './items-client.js';
import { planRun } from './plan-run.js';
import type { RunItem } from './run-item.js';
import type { Approve } from './run-plan.js';

/**
 * Downloads the items of a run. What lists have named is planned and approved before.
 * @throws InterruptedError if the plan is not approved, and as `approve` does: then nothing was done
 */
export async function downloadItems(
  items: readonly RunItem[],
  run: RunContext,
  approve: Approve,
): Promise<readonly Outcome[]> {
  const unfinished = hasLists(items) ? await approvedItems(items, run, approve) : items;
  return downloadBatch(items, { ...run, client: withItems(run.client, unfinished) });
}

/** Whether lists have named some of the items. */
export function hasLists(items: readonly RunItem[]): boolean {
  return items.some(({ request }) => request.list !== undefined);
}

/** Returns the items that need requests. */
async function approvedItems(
  items: readonly RunItem[],
  run: RunContext,
  approve: Approve,
): Promise<readonly RunItem[]> {
  const { plan, unfinished } = await planRun(items, run);
  run.emit({ type: 'run-planned', plan, items: items.length });
  const isApproved = run.dryRun || (await approve(plan));
  run.signal.throwIfAborted();
  if (!isApproved) throw new InterruptedError({}, 'Nothing was downloaded.');
  return unfinished;
}
