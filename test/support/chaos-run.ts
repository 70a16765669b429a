import process from 'node:process';
import { parseArgs } from 'node:util';
import { chaos } from './chaos.js';

/** `npm run chaos`: kills the command 200 times while it downloads a file of 200 MB, and says what came of it. */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const result = await chaos({
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  size: 200_000_000,
  rate: 10_000_000,
  longestLife: 4_000,
});
const { kills, files, right, leftovers, sent, needed, resident } = result;
const twice = (sent / needed - 1) * 100;
const peaks = resident.filter((bytes) => bytes > 0).map((bytes) => Math.round(bytes / 1e6));
process.stdout.write(`${kills} kills, ${files} files, ${right} of them right, ${leftovers.length} leftovers
${twice.toFixed(1)} % of the bytes fetched twice
${Math.min(...peaks)} to ${Math.max(...peaks)} MB resident
`);
if (right !== files || leftovers.length > 0 || twice > 10 || Math.max(...peaks) > 150) process.exitCode = 1;
