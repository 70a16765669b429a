import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CatalogModel } from '../../fake-civitai/catalog/entry.js';
import { type Civitai, startCivitai } from '../../fake-civitai/civitai.js';
import { type BatchOptions, batchModels, inspectBatch } from '../../harness/batch.js';
import { commandEnvironment } from '../shared/command-environment.js';
import { seededRandom } from '../shared/random.js';

export interface BatchChaosOptions extends BatchOptions {
  readonly kills: number;
  readonly seed: number;
  readonly jobs: number;
  /** Of each connection. */
  readonly bytesPerSecond: number;
  /** Maximum time from the first request until the command is killed. */
  readonly maxLifeMs: number;
}

export interface BatchChaosResult {
  readonly kills: number;
  /** Number of finished batches. */
  readonly batches: number;
  /** Number of models in all batches, and of those whose files are all right. */
  readonly models: number;
  readonly right: number;
  readonly wrong: readonly string[];
  readonly staleFiles: readonly string[];
  /** Bytes that the server sent, and bytes of all files. */
  readonly sent: number;
  readonly needed: number;
  /** Number of signed URLs. */
  readonly urls: number;
  /** Exit statuses of the commands that were not killed. */
  readonly statuses: readonly (number | null)[];
}

const command = fileURLToPath(new URL('../../../bin/civitdl.js', import.meta.url));

/** Kills the command many times while it downloads a batch, and starts it again each time. */
export async function runBatchChaos(options: BatchChaosOptions): Promise<BatchChaosResult> {
  const models = batchModels(options);
  const civitai = await startCivitai({ models, bytesPerSecond: options.bytesPerSecond });
  const folder = await mkdtemp(join(tmpdir(), 'civitdl-chaos-'));
  try {
    await writeFile(join(folder, 'batch.txt'), models.map(({ id }) => id).join('\n'));
    return await new BatchChaos(options, models, civitai, folder).run();
  } finally {
    await civitai.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class BatchChaos {
  readonly #options: BatchChaosOptions;
  readonly #models: readonly CatalogModel[];
  readonly #civitai: Civitai;
  readonly #folder: string;
  readonly #random: () => number;
  readonly #wrong: string[] = [];
  readonly #staleFiles: string[] = [];
  readonly #statuses: (number | null)[] = [];
  #kills = 0;
  #batches = 0;
  #right = 0;

  constructor(options: BatchChaosOptions, models: readonly CatalogModel[], civitai: Civitai, folder: string) {
    this.#options = options;
    this.#models = models;
    this.#civitai = civitai;
    this.#folder = folder;
    this.#random = seededRandom(options.seed);
  }

  async run(): Promise<BatchChaosResult> {
    while (this.#kills < this.#options.kills) await this.#downloadBatch();
    const { requests } = this.#civitai;
    const files = this.#models.flatMap(({ versions }) => versions.flatMap((version) => version.files));
    const storage = requests.filter(({ route }) => route === 'storage');
    return {
      kills: this.#kills,
      batches: this.#batches,
      models: this.#batches * this.#models.length,
      right: this.#right,
      wrong: this.#wrong,
      staleFiles: this.#staleFiles,
      sent: storage.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
      needed: this.#batches * files.reduce((sum, { size }) => sum + size, 0),
      urls: requests.filter(({ route, status }) => route === 'download' && status === 307).length,
      statuses: this.#statuses,
    };
  }

  /** Runs the command until a batch is finished, and checks its files. */
  async #downloadBatch(): Promise<void> {
    while (await this.#runOnce());
    this.#batches++;
    const models = join(this.#folder, 'models');
    const { right, wrong, staleFiles } = await inspectBatch(models, this.#models);
    this.#right += right.size;
    this.#wrong.push(...wrong.values());
    this.#staleFiles.push(...staleFiles);
    await rm(models, { recursive: true, force: true });
    await rm(join(this.#folder, 'cache'), { recursive: true, force: true });
  }

  /** @returns whether the command was killed */
  async #runOnce(): Promise<boolean> {
    const before = this.#civitai.requests.length;
    const args = ['batch.txt', 'models', '--jobs', String(this.#options.jobs), '--pause-time', '0'];
    const child = spawn(process.execPath, [command, ...args], {
      cwd: this.#folder,
      env: commandEnvironment(this.#folder, this.#civitai.url),
      stdio: 'ignore',
    });
    const ended = once(child, 'close').then(([status]) => status as number | null);
    if (this.#kills < this.#options.kills) {
      await Promise.race([
        this.#waitForRequest(before).then(() => sleep(this.#random() * this.#options.maxLifeMs)),
        ended,
      ]);
      if (child.exitCode === null && child.kill('SIGKILL')) this.#kills++;
    }
    const status = await ended;
    if (status !== null) this.#statuses.push(status);
    return status === null;
  }

  async #waitForRequest(before: number): Promise<void> {
    while (this.#civitai.requests.length === before) await sleep(5);
  }
}
