import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ids } from './catalog.js';
import { type Civitai, startCivitai } from './civitai.js';

/** The main job from end to end without the internet: the real command, a stand-in for Civitai, another program's opinion. */

const repository = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(repository, 'build', 'demo');

async function demo(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // Slow enough to watch it.
  const civitai = await startCivitai({ bytesPerSecond: 4_000_000 });
  try {
    await download(civitai);
    const files = await tree(join(folder, 'models'));
    say(['', 'What is on disk now:', ...files.map((file) => `  models/${file}`)]);
    await check(civitai, files);
  } finally {
    await civitai.close();
  }
}

async function download(civitai: Civitai): Promise<void> {
  const args = [String(ids.mainExample.model), './models', '-k'];
  say([`$ civitdl ${args.join(' ')}      (with the key on standard input)`]);
  const child = spawn(process.execPath, [join(repository, 'bin', 'civitdl.js'), ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      CIVITAI_BASE_URL: civitai.url,
      CIVITDL_CONFIG_DIR: join(folder, 'config'),
      CIVITDL_CACHE_DIR: join(folder, 'cache'),
    },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(`${civitai.goodKey}\n`);
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`civitdl ended with status ${status}.`);
}

async function tree(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Compares the model file's SHA256, as another program sees it, with what the server says. */
async function check(civitai: Civitai, files: readonly string[]): Promise<void> {
  const file = files.find((name) => name.endsWith('.safetensors'));
  if (!file) throw new Error('There is no model file.');
  const answer = await fetch(`${civitai.url}/api/v1/model-versions/${ids.mainExample.version}`);
  const version = (await answer.json()) as { files: { hashes: { SHA256: string } }[] };
  const expected = version.files[0]?.hashes.SHA256.toLowerCase();
  const found = sha256(join(folder, 'models', file));
  say(['', `SHA256 on the server:       ${expected}`, `SHA256 by another program:  ${found}`]);
  if (found !== expected) throw new Error('The checksums differ.');
  say(['They agree.']);
}

/** Programs of which every system has one. */
const PROGRAMS: readonly (readonly [string, readonly string[]])[] = [
  ['sha256sum', []],
  ['shasum', ['-a', '256']],
  ['openssl', ['dgst', '-sha256', '-r']],
];

function sha256(path: string): string {
  for (const [program, args] of PROGRAMS) {
    try {
      return execFileSync(program, [...args, path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).slice(0, 64);
    } catch {
      // Not on this system: the next one.
    }
  }
  throw new Error(`None of these programs is here: ${PROGRAMS.map(([program]) => program).join(', ')}.`);
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

await demo();
