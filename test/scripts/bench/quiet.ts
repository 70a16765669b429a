import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Share of all cores' time that an idle machine may use. */
const MAX_BUSY_SHARE = 0.1;
const SAMPLE_MS = 400;
/** About five minutes. */
const MAX_SAMPLES = 750;

/** Whether other programs are idle now. */
export async function isQuiet(signal: AbortSignal): Promise<boolean> {
  const before = await coreTimes();
  await sleep(SAMPLE_MS, undefined, { signal });
  const after = await coreTimes();
  return (after.busy - before.busy) / (after.all - before.all) < MAX_BUSY_SHARE;
}

/** Waits until other programs are idle, or for about five minutes. */
export async function waitForQuiet(signal: AbortSignal): Promise<void> {
  for (let samples = 0; samples < MAX_SAMPLES; samples++) if (await isQuiet(signal)) return;
}

/** Time of all cores together since the start of the system, in the kernel's ticks. */
async function coreTimes(): Promise<{ readonly busy: number; readonly all: number }> {
  const [first = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  // user, nice, system, idle, iowait, irq, softirq, steal; user includes guests.
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, count) => sum + count, 0);
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}
