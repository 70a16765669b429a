import { platform } from 'node:os';
import { expect } from 'vitest';
import { start } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { peakResidentSize } from '../scripts/shared/resident-memory.js';
import { modelsOf } from './listed-models.js';

const COUNT = 1_000;
const FEW = 20;
/** The records of a thousand models, and what the parser of their pages leaves behind. */
const MAX_EXTRA_MB = 60;

it.override('serverOptions', {
  models: [...modelsOf('inkmaker', COUNT), ...modelsOf('brushmaker', FEW, 825_000)],
});

/** Runs the command, and returns its highest resident size in MB. */
async function measure(creator: string): Promise<number> {
  const args = [`user:${creator}`, 'models', '-i', '1', '--pause-time', '0', '-j', '8', '-y', '-q'];
  const child = start('civitdl', args, sandbox);
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, (peakResidentSize(child.pid) ?? 0) / 1e6);
  }, 10);
  const status = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watch);
  expect(status).toBe(0);
  process.stdout.write(`${creator}: at most ${Math.round(peak)} MB resident\n`);
  return peak;
}

/** Returns the requests since the last call by their routes. */
function takeRequests(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { route } of civitai.requests) counts[route] = (counts[route] ?? 0) + 1;
  civitai.reset();
  return counts;
}

it('needs 10 requests for a list of a thousand models, 2 for each model, and in the next run no others', {
  timeout: 300_000,
}, async () => {
  await measure('brushmaker');
  civitai.reset();
  await measure('inkmaker');
  const first = takeRequests();
  expect(first.models).toBe(10);
  expect((first.model ?? 0) + (first.version ?? 0)).toBeLessThanOrEqual(2 * COUNT);

  const few = await measure('brushmaker');
  expect(takeRequests()).toEqual({ models: 1 });
  const many = await measure('inkmaker');
  expect(takeRequests()).toEqual({ models: 10 });
  if (platform() === 'linux') expect(many - few).toBeLessThan(MAX_EXTRA_MB);
});
