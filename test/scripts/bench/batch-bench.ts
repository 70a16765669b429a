import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { file, image, model, version } from '../../fake-civitai/catalog.js';
import { startCivitai } from '../../fake-civitai/civitai.js';
import { commandEnvironment } from '../shared/command-environment.js';
import { peakResidentSize } from '../shared/resident-memory.js';

/**
 * Measures batches of many small models: several in parallel, again when all files exist, and as a dry run. Compares
 * them with what latency and the number of requests allow. The server runs in a worker.
 */

const command = fileURLToPath(new URL('../../../bin/civitdl.js', import.meta.url));
const FIRST = 2_000_000;
const SIZE_BYTES = 1_000_000;
const IMAGES = 3;
const LATENCY_MS = 50;
/** The same as in the command. */
const MODELS_PER_LIST = 25;
const PARALLEL_REQUESTS = 16;

interface Task {
  readonly count: number;
  readonly latencyMs: number;
}

async function serve({ count, latencyMs }: Task): Promise<void> {
  const models = Array.from({ length: count }, (_, index) => {
    const id = FIRST + index;
    const files = [
      file({ id: id + 2 * FIRST, name: `lora_${index}.safetensors`, size: SIZE_BYTES, hashes: ['SHA256'] }),
    ];
    const images = Array.from({ length: IMAGES }, (_, number) => image({ id: id * 10 + number }));
    return model({
      id,
      name: `Lora ${index}`,
      versions: [version({ id: id + FIRST, name: 'v1', files, images })],
    });
  });
  const civitai = await startCivitai({ models, latencyMs });
  // Fill the caches of the server before the measurements.
  const ids = models.map(({ id }) => id).values();
  const ask = async () => {
    for (const id of ids) await (await fetch(`${civitai.url}/api/v1/models/${id}`)).arrayBuffer();
  };
  await Promise.all(Array.from({ length: 32 }, ask));
  civitai.reset();
  parentPort?.postMessage(civitai.url);
}

interface Measured {
  readonly seconds: number;
  readonly megabytes: number;
}

class Bench {
  readonly #parent: string;
  readonly #url: string;
  #folder: string;
  #folders = 0;

  constructor(folder: string, url: string) {
    this.#parent = folder;
    this.#folder = folder;
    this.#url = url;
  }

  /**
   * Switches to an empty folder. The others are removed at the end, since a file system creates files more slowly after
   * it has removed thousands.
   */
  async useNewFolder(): Promise<void> {
    this.#folder = join(this.#parent, String(++this.#folders));
    await mkdir(this.#folder);
  }

  /** Runs the command for a batch of models. */
  async run(count: number, args: readonly string[]): Promise<Measured> {
    const batch = Array.from({ length: count }, (_, index) => FIRST + index).join('\n');
    await writeFile(join(this.#folder, 'batch.txt'), batch);
    const started = performance.now();
    const child = spawn(process.execPath, [command, 'batch.txt', 'models', '--pause-time', '0', ...args], {
      cwd: this.#folder,
      env: commandEnvironment(this.#folder, this.#url),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr = (stderr + data).slice(-2_000);
    });
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, peakResidentSize(child.pid) ?? 0);
    }, 20);
    const [status] = await once(child, 'close');
    clearInterval(watch);
    if (status !== 0) throw new Error(`civitdl ended with status ${status}:\n${stderr}`);
    return { seconds: (performance.now() - started) / 1_000, megabytes: peak / 1e6 };
  }

  /** Measures the requests for metadata alone, in seconds. */
  async requestMetadata(count: number): Promise<number> {
    const ids = Array.from({ length: count }, (_, index) => FIRST + index);
    const lists = Array.from({ length: Math.ceil(count / MODELS_PER_LIST) }, (_, index) =>
      ids.slice(index * MODELS_PER_LIST, (index + 1) * MODELS_PER_LIST),
    );
    const paths = [
      ...lists.map((list) => `models?ids=${list.join(',')}&nsfw=true`),
      ...ids.map((id) => `model-versions/${id + FIRST}`),
    ].values();
    const started = performance.now();
    const ask = async () => {
      for (const path of paths) await (await fetch(`${this.#url}/api/v1/${path}`)).json();
    };
    await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, ask));
    return (performance.now() - started) / 1_000;
  }
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const two = (number: number) => number.toFixed(2);
const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

/**
 * Returns the seconds that a batch takes if each model waits for two answers, and the first one for two more. Jobs that
 * request the next URL before a file is finished may be faster.
 */
function expectedSeconds(count: number, jobs: number): number {
  return ((2 + (count / jobs) * 2) * LATENCY_MS) / 1_000;
}

async function compareJobs(bench: Bench, count: number, rounds: number): Promise<void> {
  const all = [1, 4, 8].map((jobs) => ({ jobs, seconds: [] as number[], megabytes: 0 }));
  for (let round = 0; round < rounds; round++) {
    for (const one of all) {
      await bench.useNewFolder();
      const { seconds, megabytes } = await bench.run(count, ['--jobs', String(one.jobs)]);
      one.seconds.push(seconds);
      one.megabytes = Math.max(one.megabytes, megabytes);
    }
  }
  say(
    `\n${count} models of 1 MB with ${IMAGES} images, ${LATENCY_MS} ms for each answer, median of ${rounds}`,
  );
  say('jobs  seconds  bound  /bound  times faster  RSS MB');
  const alone = all[0]?.seconds ?? [];
  for (const { jobs, seconds, megabytes } of all) {
    const bound = expectedSeconds(count, jobs);
    const faster = median(seconds.map((one, round) => (alone[round] ?? 0) / one));
    say(
      [
        String(jobs).padStart(4),
        two(median(seconds)).padStart(7),
        two(bound).padStart(5),
        two(median(seconds) / bound).padStart(6),
        two(faster).padStart(12),
        megabytes.toFixed(0).padStart(6),
      ].join('  '),
    );
  }
}

async function again(bench: Bench, count: number, rounds: number): Promise<void> {
  await bench.useNewFolder();
  await bench.run(count, ['--jobs', '8', '-i', '0']);
  const pairs: { readonly run: number; readonly alone: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = await bench.requestMetadata(count);
    const { seconds } = await bench.run(count, ['--jobs', '8', '-i', '0']);
    pairs.push({ run: seconds, alone });
  }
  say(`\n${count} models that are there already, median of ${rounds}`);
  say(`  again: ${two(median(pairs.map(({ run }) => run)))} s`);
  say(`  their requests for metadata alone: ${two(median(pairs.map(({ alone }) => alone)))} s`);
  say(`  ratio: ${two(median(pairs.map(({ run, alone }) => run / alone)))}`);
}

async function plan(bench: Bench, count: number): Promise<void> {
  await bench.useNewFolder();
  const alone = await bench.requestMetadata(count);
  const { seconds, megabytes } = await bench.run(count, ['--dry-run', '-i', '0']);
  say(
    `\n${count} models planned only: ${two(seconds)} s, ${two(seconds / alone)} times their requests alone`,
  );
  say(`  at most ${megabytes.toFixed(0)} MB resident`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: 'jobs,again,plan,dry-run' },
      rounds: { type: 'string', default: '3' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const rounds = Number(values.rounds);
  const parts: Readonly<Record<string, { readonly task: Task; run(bench: Bench): Promise<void> }>> = {
    jobs: { task: { count: 200, latencyMs: LATENCY_MS }, run: (bench) => compareJobs(bench, 200, rounds) },
    again: { task: { count: 1_000, latencyMs: LATENCY_MS }, run: (bench) => again(bench, 1_000, rounds) },
    plan: { task: { count: 5_000, latencyMs: LATENCY_MS }, run: (bench) => plan(bench, 5_000) },
    'dry-run': { task: { count: 10_000, latencyMs: 0 }, run: (bench) => plan(bench, 10_000) },
  };
  for (const name of values.only.split(',')) {
    const part = parts[name];
    if (!part) throw new Error(`There is no part '${name}', only ${Object.keys(parts).join(', ')}.`);
    await withServer(values.dir, part.task, part.run);
  }
}

async function withServer(dir: string, task: Task, run: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(dir, 'civitdl-batches-'));
  const server = new Worker(fileURLToPath(import.meta.url), { workerData: task });
  try {
    const [url] = await once(server, 'message');
    await run(new Bench(folder, url));
  } finally {
    await server.terminate();
    await rm(folder, { recursive: true, force: true });
  }
}

await (isMainThread ? main() : serve(workerData));
