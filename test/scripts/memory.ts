import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { file, model, version } from '../fake-civitai/catalog.js';
import { startCivitai } from '../fake-civitai/civitai.js';
import { content } from '../fake-civitai/content/content.js';
import { commandEnvironment } from './shared/command-environment.js';
import { peakResidentSize } from './shared/resident-memory.js';

/**
 * `npm run memory`: measures the highest resident size of the command while it downloads a large file, and fails above
 * the limit. Linux only.
 */

const LIMIT_MB = 150;
const id = 960_000;
const command = fileURLToPath(new URL('../../bin/civitdl.js', import.meta.url));

interface Task {
  readonly sizeBytes: number;
  /** Of each connection; undefined for no limit. */
  readonly bytesPerSecond: number | undefined;
}

/** Runs in a worker, so that the server does not delay the measurements. */
async function serve({ sizeBytes: size, bytesPerSecond }: Task): Promise<void> {
  const large = file({
    id: id + 2,
    name: 'large.safetensors',
    size,
    hashes: ['SHA256'],
    hashOverrides: { SHA256: sha256(size) },
  });
  const civitai = await startCivitai({
    models: [model({ id, name: 'Large', versions: [version({ id: id + 1, name: 'v1', files: [large] })] })],
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
  });
  parentPort?.postMessage(civitai.url);
}

function sha256(size: number): string {
  const bytes = content(id + 2, size, 'safetensors');
  const hash = createHash('sha256');
  const step = 16 * 1024 * 1024;
  for (let at = 0; at < size; at += step) hash.update(bytes.read(at, Math.min(step, size - at)));
  return hash.digest('hex').toUpperCase();
}

async function measure(task: Task, args: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'civitdl-memory-'));
  const server = new Worker(fileURLToPath(import.meta.url), { workerData: task });
  try {
    const [url] = await once(server, 'message');
    const started = Date.now();
    const child = spawn(process.execPath, [command, String(id), 'models', '-i', '0', ...args], {
      cwd: folder,
      env: commandEnvironment(folder, url),
      stdio: 'inherit',
    });
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, Math.round((peakResidentSize(child.pid) ?? 0) / 1e6));
    }, 20);
    const [status] = await once(child, 'close');
    clearInterval(watch);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${task.sizeBytes / 1e9} GB in ${seconds} s, at most ${peak} MB resident\n`);
    if (status !== 0) throw new Error(`civitdl ended with status ${status}.`);
    if (peak === 0 || peak > LIMIT_MB) throw new Error(`The limit is ${LIMIT_MB} MB.`);
  } finally {
    await server.terminate();
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      gb: { type: 'string', default: '1' },
      connections: { type: 'string', default: '4' },
      /** In MB per second, of each connection. */
      rate: { type: 'string' },
    },
  });
  const bytesPerSecond = values.rate === undefined ? undefined : Number(values.rate) * 1e6;
  await measure({ sizeBytes: Number(values.gb) * 1e9, bytesPerSecond }, [
    '--connections',
    values.connections,
  ]);
}

await (isMainThread ? main() : serve(workerData));
