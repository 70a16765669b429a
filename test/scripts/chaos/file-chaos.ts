import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { file, model, version } from '../../fake-civitai/catalog.js';
import { type Civitai, type FaultKind, startCivitai } from '../../fake-civitai/civitai.js';
import { content } from '../../fake-civitai/content/content.js';
import { commandEnvironment } from '../shared/command-environment.js';
import { seededRandom } from '../shared/random.js';
import { peakResidentSize } from '../shared/resident-memory.js';

export interface FileChaosOptions {
  readonly kills: number;
  readonly seed: number;
  /** Size of the file in bytes. */
  readonly size: number;
  /** Of each of the four connections. */
  readonly bytesPerSecond: number;
  /** Maximum time from the first byte until the command is killed. */
  readonly maxLifeMs: number;
}

export interface FileChaosResult {
  readonly kills: number;
  /** Number of finished downloads. */
  readonly files: number;
  /** Number of files with the right bytes. */
  readonly right: number;
  /** Stale files next to a finished one. */
  readonly staleFiles: readonly string[];
  /** Bytes that the server sent, and bytes of all finished files. */
  readonly sent: number;
  readonly needed: number;
  /** Peak resident size of each run in bytes; 0 if unknown. */
  readonly resident: readonly number[];
}

const id = 950_000;
const command = fileURLToPath(new URL('../../../bin/civitdl.js', import.meta.url));
/** Minimum time from the first byte until the command is killed. */
const MIN_LIFE_MS = 150;

/** Kills the command many times while it downloads a file from a server with faults, and starts it again each time. */
export async function runFileChaos(options: FileChaosOptions): Promise<FileChaosResult> {
  const { size, bytesPerSecond, seed } = options;
  const files = [file({ id: id + 2, name: 'chaos.safetensors', size })];
  const models = [model({ id, name: 'Chaos', versions: [version({ id: id + 1, name: 'v1', files })] })];
  const civitai = await startCivitai({ models, bytesPerSecond });
  const folder = await mkdtemp(join(tmpdir(), 'civitdl-chaos-'));
  try {
    return await new FileChaos(options, civitai, folder, seededRandom(seed)).run();
  } finally {
    await civitai.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class FileChaos {
  readonly #options: FileChaosOptions;
  readonly #civitai: Civitai;
  readonly #folder: string;
  readonly #random: () => number;
  readonly #expected: string;
  readonly #resident: number[] = [];
  readonly #staleFiles: string[] = [];
  #kills = 0;
  #files = 0;
  #right = 0;
  #sent = 0;

  constructor(options: FileChaosOptions, civitai: Civitai, folder: string, random: () => number) {
    this.#options = options;
    this.#civitai = civitai;
    this.#folder = folder;
    this.#random = random;
    this.#expected = sha256Of(options.size);
  }

  async run(): Promise<FileChaosResult> {
    while (this.#kills < this.#options.kills) await this.#downloadFile();
    return {
      kills: this.#kills,
      files: this.#files,
      right: this.#right,
      staleFiles: this.#staleFiles,
      sent: this.#sent,
      needed: this.#files * this.#options.size,
      resident: this.#resident,
    };
  }

  /** Runs the command until a file is finished, and checks the file. */
  async #downloadFile(): Promise<void> {
    while ((await this.#runOnce()) !== 0);
    this.#files++;
    const directory = join(this.#folder, 'models', 'Chaos');
    const names = await readdir(directory);
    const target = names.find((name) => name.endsWith('.safetensors')) ?? '';
    if ((await hashFile(join(directory, target))) === this.#expected) this.#right++;
    this.#staleFiles.push(...names.filter((name) => /\.(part|tmp|lock|json)/.test(name)));
    await rm(join(this.#folder, 'models'), { recursive: true });
  }

  /** @returns the exit status; null if the command was killed */
  async #runOnce(): Promise<number | null> {
    this.#civitai.reset();
    for (const fault of this.#randomFaults()) this.#civitai.fault({ on: 'storage', ...fault });
    const child = spawn(process.execPath, [command, String(id), 'models', '-i', '0'], {
      cwd: this.#folder,
      env: commandEnvironment(this.#folder, this.#civitai.url),
      stdio: 'ignore',
    });
    const ended = once(child, 'close').then(([status]) => status as number | null);
    const life = MIN_LIFE_MS + this.#random() * (this.#options.maxLifeMs - MIN_LIFE_MS);
    if (this.#kills < this.#options.kills) {
      await Promise.race([this.#waitForFirstByte().then(() => sleep(life)), ended]);
      this.#resident.push(peakResidentSize(child.pid) ?? 0);
      if (child.exitCode === null && child.kill('SIGKILL')) this.#kills++;
    }
    const status = await ended;
    this.#sent += this.#civitai.requestsTo('storage').reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    return status;
  }

  async #waitForFirstByte(): Promise<void> {
    while (!this.#civitai.requestsTo('storage').some(({ bytesSent }) => bytesSent > 0)) await sleep(5);
  }

  #randomFaults(): FaultKind[] {
    const at = Math.floor(this.#random() * this.#options.size);
    const all: readonly FaultKind[] = [
      { kind: 'reset', at },
      { kind: 'truncate', at },
      { kind: 'status', status: 503 },
      { kind: 'status', status: 403 },
      { kind: 'reset', after: 0 },
    ];
    return all.filter(() => this.#random() < 0.2);
  }
}

function sha256Of(size: number): string {
  const bytes = content(id + 2, size, 'safetensors');
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += 4_000_000) hash.update(bytes.read(at, Math.min(4_000_000, size - at)));
  return hash.digest('hex');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}
