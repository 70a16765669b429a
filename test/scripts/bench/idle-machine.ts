import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Maximum share of the time of all cores that is used on an idle machine. */
const MAX_USE = 0.1;
const SAMPLE_MS = 400;
/** About five minutes. */
const MAX_SAMPLES = 750;

/** Whether the machine is idle. */
export async function isIdle(signal: AbortSignal): Promise<boolean> {
  const before = await coreTimes();
  await sleep(SAMPLE_MS, undefined, { signal });
  const after = await coreTimes();
  return (after.busy - before.busy) / (after.all - before.all) < MAX_USE;
}

/** Waits until the machine is idle, for a limited time. */
export async function waitForIdle(signal: AbortSignal): Promise<void> {
  for (let samples = 0; samples < MAX_SAMPLES; samples++) if (await isIdle(signal)) return;
}

/** Reads the time of all cores since the system started, in ticks of the kernel. */
async function coreTimes(): Promise<{ readonly busy: number; readonly all: number }> {
  const [first = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  // user, nice, system, idle, iowait, irq, softirq, steal; user includes guest.
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, count) => sum + count, 0);
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}
