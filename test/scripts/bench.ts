import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startApi } from './bench/api.js';
import { type Case, cases } from './bench/cases.js';
import { makeCertificate } from './bench/certificate.js';
import { CIVITDL, createContenders } from './bench/contenders.js';
import { startNginx } from './bench/nginx.js';
import { GIB, type Options, parseOptions, usage } from './bench/options.js';
import { findPrograms, type Programs } from './bench/programs.js';
import { type CaseContext, runCase } from './bench/run-case.js';
import { createSamples } from './bench/sample.js';
import { runScan, SCAN, sizeOfScan } from './bench/scan.js';
import { makeWorkingFolder } from './bench/working-folder.js';

/** Runs in a program of its own. */
const BATCH = {
  name: 'batch',
  title: 'Batches of many small models: several in parallel, again, and dry runs',
};
/** Bytes that a round keeps until the end of the last one. */
const BATCH_ROUND_BYTES = 0.7 * GIB;
const BATCH_PROGRAM = fileURLToPath(new URL('bench/batch-bench.js', import.meta.url));

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Measures the real command against the programs that people would use instead; see doc/performance.md. */
async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') return say(`${usage}\n${caseLines().join('\n')}\n`);
  const withBatch = options.only.length === 0 || options.only.includes(BATCH.name);
  const withScan = options.only.length === 0 || options.only.includes(SCAN.name);
  const chosen = chooseCases(options.only);
  const programs = findPrograms(process.env.PATH ?? '');
  const { folder, fileSystem } = await makeWorkingFolder(
    Math.max(
      neededBytes(chosen, options),
      withBatch ? Math.max(2, options.rounds) * BATCH_ROUND_BYTES : 0,
      withScan ? sizeOfScan(options) : 0,
    ),
    options.dir,
  );
  say(`Files are in ${folder} (${fileSystem}). Rounds: ${options.rounds}.\n${loadNote()}`);
  try {
    const signal = interruption();
    if (chosen.length > 0) await runCases(chosen, options, programs, folder, signal);
    if (withBatch) await runBatches(options, folder, signal);
    if (withScan) await runScan({ options, programs, folder, signal, say });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runBatches({ rounds }: Options, folder: string, signal: AbortSignal): Promise<void> {
  say(`\n${BATCH.name}: ${BATCH.title}\n`);
  const args = [BATCH_PROGRAM, '--rounds', String(rounds), '--dir', folder];
  const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit', signal }), 'close');
  if (status !== 0) throw new Error('The batches could not be measured.');
}

async function runCases(
  chosen: readonly Case[],
  options: Options,
  programs: Programs,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const root = join(folder, 'served');
  await mkdir(root);
  const certificate = await makeCertificate(folder, programs.openssl);
  const nginx = await startNginx({ program: programs.nginx, folder, root, certificate });
  const api = await startApi();
  try {
    const { authority } = certificate;
    const bench: CaseContext = {
      ...{ options, programs, folder, nginx, api, signal, say },
      contenders: createContenders({ programs, authority, apiUrl: api.url }),
      makeSamples: createSamples(root, signal),
      civitdlHelp: (await promisify(execFile)(process.execPath, [CIVITDL, '--help'])).stdout,
    };
    for (const one of chosen) for (const size of sizesOf(one, options)) await runCase(bench, one, size);
  } finally {
    await api.close();
    await nginx.stop();
  }
}

/** Maximum of the bytes that are served and downloaded at one time. */
function neededBytes(chosen: readonly Case[], options: Options): number {
  const copies = ({ kind }: Case) => (kind === 'random' ? 2 : 1);
  return Math.max(0, ...chosen.map((one) => copies(one) * Math.max(...sizesOf(one, options))));
}

function sizesOf({ sizes }: Case, { size }: Options): readonly number[] {
  return size === undefined ? sizes : [size];
}

function chooseCases(names: readonly string[]): readonly Case[] {
  const unknown = names.filter(
    (name) => name !== SCAN.name && name !== BATCH.name && !cases.some((one) => one.name === name),
  );
  if (unknown.length > 0)
    throw new Error(`Unknown case: ${unknown.join(', ')}. The cases are:\n${caseLines().join('\n')}`);
  return names.length === 0 ? cases : cases.filter(({ name }) => names.includes(name));
}

function caseLines(): readonly string[] {
  return [...cases, SCAN, BATCH].map(({ name, title }) => `  ${name.padEnd(10)}${title}`);
}

function loadNote(): string {
  const [load = 0] = loadavg();
  const cores = availableParallelism();
  if (load < cores / 4) return '';
  return `NOTE: other programs are busy (load ${load.toFixed(1)} on ${cores} cores), so the results will vary.\n`;
}

/** Returns a signal that the first Ctrl-C aborts; npm may send several. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of SIGNALS)
    process.on(signal, () => {
      process.exitCode = 130;
      controller.abort(new Error('Interrupted.'));
    });
  return controller.signal;
}

function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  process.stdout.write(text);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode ??= 1;
} finally {
  for (const signal of SIGNALS) process.removeAllListeners(signal);
}
