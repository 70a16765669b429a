import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Part of all cores' time that may be in use on a machine that counts as quiet. */
const QUIET = 0.1;
/** Milliseconds that are looked at. */
const LOOK = 400;
/** Most looks until whoever waits goes on all the same: about five minutes. */
const MOST_LOOKS = 750;

/** Whether nobody else is at work now. */
export async function isQuiet(signal: AbortSignal): Promise<boolean> {
  const before = await coreTimes();
  await sleep(LOOK, undefined, { signal });
  const after = await coreTimes();
  return (after.busy - before.busy) / (after.all - before.all) < QUIET;
}

/** Waits until nobody else is at work, but not for ever. */
export async function waitForQuiet(signal: AbortSignal): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) if (await isQuiet(signal)) return;
}

/** Time of all cores together since the start of the system, in the kernel's ticks. */
async function coreTimes(): Promise<{ readonly busy: number; readonly all: number }> {
  const [first = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  // user, nice, system, idle, waiting for a disk, interrupts, soft interrupts, stolen; guests are in user already.
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, count) => sum + count, 0);
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}
