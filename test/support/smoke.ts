import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ids } from './catalog.js';
import { type Civitai, startCivitai } from './civitai.js';

/** The packed tarball as a user gets it: run by npx in an empty folder, with nothing of this repository around it. */

const repository = fileURLToPath(new URL('../../', import.meta.url));

async function smoke(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'civitdl-smoke-'));
  const civitai = await startCivitai();
  try {
    const tarball = pack(folder);
    await expectStatus(0, npx(['civitconfig', '--version'], tarball, folder, civitai));
    await expectStatus(
      3,
      npx(['civitdl', String(ids.mainExample.model), './models'], tarball, folder, civitai),
    );
    await expectStatus(
      0,
      npx(['civitdl', String(ids.mainExample.model), './models', '-k'], tarball, folder, civitai),
    );
    const names = await readdir(join(folder, 'models'), { recursive: true });
    if (!names.some((name) => name.endsWith('.safetensors'))) throw new Error('There is no model file.');
    process.stdout.write(`The packed tarball works on Node ${process.version}.\n`);
  } finally {
    await civitai.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function pack(folder: string): string {
  const args = ['pack', '--silent', '--pack-destination', folder];
  return join(
    folder,
    execFileSync('npm', args, { cwd: repository, encoding: 'utf8' }).trim().split('\n').at(-1) ?? '',
  );
}

async function npx(
  [command, ...args]: readonly string[],
  tarball: string,
  folder: string,
  civitai: Civitai,
): Promise<number | null> {
  const child = spawn('npx', ['--yes', '--package', tarball, '--', command ?? '', ...args], {
    cwd: folder,
    env: { ...process.env, CIVITAI_BASE_URL: civitai.url, CIVITDL_CONFIG_DIR: join(folder, 'config') },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(`${civitai.goodKey}\n`);
  const [status] = await once(child, 'close');
  return status;
}

async function expectStatus(expected: number, running: Promise<number | null>): Promise<void> {
  const status = await running;
  if (status !== expected) throw new Error(`The command ended with status ${status} instead of ${expected}.`);
}

await smoke();
