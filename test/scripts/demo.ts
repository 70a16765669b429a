import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { ids } from '../fake-civitai/catalog.js';
import { type Civitai, startCivitai } from '../fake-civitai/civitai.js';
import { drawTree } from './demo/draw-tree.js';
import { fetchPublishedSha256 } from './shared/published-sha256.js';

/** `npm run demo`: downloads a model with the real command from a fake Civitai server, and checks it with another program. */

const repository = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(repository, 'build', 'demo');
const models = join(folder, 'models');
const main = ids.mainExample;
const modelFile = join(
  models,
  'Paper Lantern Ink',
  `PaperLanternInk-v2-mid_${main.model}-vid_${main.version}.safetensors`,
);

async function demo(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // Slow enough to watch it.
  const civitai = await startCivitai({ bytesPerSecond: 1_500_000 });
  try {
    step('A fake Civitai server runs on this machine', `${civitai.url}; nothing goes to the internet.`);
    await download(civitai);
    step('What is on disk now', ...(await drawTree(models, 'models')));
    await check(civitai);
  } finally {
    await civitai.close();
  }
}

async function download(civitai: Civitai): Promise<void> {
  const args = [String(main.model), './models', '-k'];
  step('The real command, with the key on standard input', `$ civitdl ${args.join(' ')}`, '');
  const child = spawn(process.execPath, [join(repository, 'bin', 'civitdl.js'), ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      TERM: process.env.TERM,
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

/** Compares the SHA256 that another program computes with the one that the server publishes. */
async function check(civitai: Civitai): Promise<void> {
  const expected = await fetchPublishedSha256(civitai, main.version);
  const { program, sha256 } = hashOf(modelFile);
  step('Is it the right file? Its SHA256', `${expected}  says the server`, `${sha256}  says ${program}`);
  if (sha256 !== expected) throw new Error('The checksums differ.');
  say('', `${styleText('green', 'They agree.')} Look around in build/demo; README.md says how to go on.`);
}

/** Every system has one of these programs. */
const PROGRAMS: readonly (readonly [string, readonly string[]])[] = [
  ['sha256sum', []],
  ['shasum', ['-a', '256']],
  ['openssl', ['dgst', '-sha256', '-r']],
];

function hashOf(path: string): { readonly program: string; readonly sha256: string } {
  for (const [program, args] of PROGRAMS) {
    try {
      const output = execFileSync(program, [...args, path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return { program, sha256: output.slice(0, 64) };
    } catch {
      // Not installed: try the next one.
    }
  }
  throw new Error(`None of these programs is installed: ${PROGRAMS.map(([program]) => program).join(', ')}.`);
}

function step(title: string, ...lines: readonly string[]): void {
  say('', styleText('bold', title), ...lines.map((line) => `  ${line}`.trimEnd()));
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

await demo();
