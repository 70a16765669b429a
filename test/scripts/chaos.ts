import process from 'node:process';
import { parseArgs } from 'node:util';
import { runBatchChaos } from './chaos/batch-chaos.js';
import { runFileChaos } from './chaos/file-chaos.js';

/**
 * `npm run chaos`: kills the command 200 times while it downloads a file of 200 MB, and checks the result. With
 * `--batch`: 30 times while it downloads 50 models.
 */

const { values } = parseArgs({
  options: {
    batch: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);

async function oneFile(): Promise<boolean> {
  const result = await runFileChaos({
    kills: Number(values.rounds ?? 200),
    seed,
    size: 200_000_000,
    bytesPerSecond: 10_000_000,
    maxLifeMs: 4_000,
  });
  const { kills, files, right, staleFiles, sent, needed, resident } = result;
  const twice = (sent / needed - 1) * 100;
  const peaks = resident.filter((bytes) => bytes > 0).map((bytes) => Math.round(bytes / 1e6));
  process.stdout.write(`${kills} kills, ${files} files, ${right} of them right, ${staleFiles.length} stale files
${twice.toFixed(1)} % of the bytes fetched twice
${Math.min(...peaks)} to ${Math.max(...peaks)} MB resident
`);
  return right === files && staleFiles.length === 0 && twice <= 10 && Math.max(...peaks) <= 150;
}

async function batch(): Promise<boolean> {
  const result = await runBatchChaos({
    kills: Number(values.rounds ?? 30),
    seed,
    count: 50,
    sizeOf: (index) => 1_000_000 + (index % 10) * 700_000,
    jobs: 4,
    bytesPerSecond: 2_500_000,
    maxLifeMs: 1_500,
  });
  const { kills, batches, models, right, wrong, staleFiles, sent, needed, urls, statuses } = result;
  const twice = (sent / needed - 1) * 100;
  process.stdout.write(`${kills} kills in ${batches} batches, ${right} of ${models} models right
${twice.toFixed(1)} % of the bytes fetched twice, ${urls} URLs asked for, exit statuses ${statuses.join(', ')}
${[...wrong, ...staleFiles.map((path) => `left over: ${path}`)].join('\n')}
`);
  return (
    right === models && staleFiles.length === 0 && twice <= 15 && statuses.every((status) => status === 0)
  );
}

if (!(await (values.batch ? batch() : oneFile()))) process.exitCode = 1;
