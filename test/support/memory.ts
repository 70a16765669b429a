import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { ids } from './catalog.js';
import { residentPeak } from './chaos.js';
import { startCivitai } from './civitai.js';

/**
 * How much memory the command takes for a file of 1 GB: prints the highest resident size that the kernel saw, and fails
 * above the limit. Linux only, where the kernel keeps that figure.
 */

const LIMIT_MB = 150;
const command = fileURLToPath(new URL('../../bin/civitdl.js', import.meta.url));

/** In a thread of its own, the server does not take the command's time from the watcher. */
async function serve(): Promise<void> {
  const civitai = await startCivitai();
  parentPort?.postMessage(civitai.url);
}

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'civitdl-memory-'));
  const server = new Worker(fileURLToPath(import.meta.url));
  try {
    const [url] = await once(server, 'message');
    const started = Date.now();
    const child = spawn(process.execPath, [command, String(ids.large.model), 'models', '-i', '0'], {
      cwd: folder,
      env: { PATH: process.env.PATH, CIVITAI_BASE_URL: url, CIVITDL_CONFIG_DIR: join(folder, 'config') },
      stdio: 'inherit',
    });
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, Math.round(residentPeak(child.pid) / 1e6));
    }, 20);
    const [status] = await once(child, 'close');
    clearInterval(watch);
    process.stdout.write(
      `1 GB in ${((Date.now() - started) / 1000).toFixed(1)} s, at most ${peak} MB resident\n`,
    );
    if (status !== 0) throw new Error(`civitdl ended with status ${status}.`);
    if (peak === 0 || peak > LIMIT_MB) throw new Error(`The limit is ${LIMIT_MB} MB.`);
  } finally {
    await server.terminate();
    await rm(folder, { recursive: true, force: true });
  }
}

await (isMainThread ? measure() : serve());
