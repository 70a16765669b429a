import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { type Api, startApi } from './api.js';
import { type Case, cases } from './cases.js';
import { makeCertificate } from './certificate.js';
import { CIVITDL, type Contender, type Contenders, createContenders, REFERENCE } from './contenders.js';
import { type Nginx, startNginx } from './nginx.js';
import { type Options, parseOptions, usage } from './options.js';
import { findPrograms, type Programs } from './programs.js';
import { startProxy } from './proxy/proxy.js';
import { run } from './race.js';
import { createSamples, type Sample } from './sample.js';
import { tableLines } from './table.js';
import { makeWorkplace } from './workplace.js';

/** Measures the true command against what people would use instead; see doc/performance.md. */

/** Everything that a race needs and that outlives it. */
interface Bench {
  readonly options: Options;
  readonly programs: Programs;
  readonly folder: string;
  readonly nginx: Nginx;
  readonly api: Api;
  readonly contenders: Contenders;
  readonly sampleOf: (kind: Case['kind'], size: number) => Promise<Sample>;
  readonly civitdlHelp: string;
  readonly signal: AbortSignal;
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    say(usage);
    for (const { name, title } of cases) say(`  ${name.padEnd(10)}${title}\n`);
    return;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => interruption.abort(new Error('Interrupted.')));
  await bench(options, interruption.signal);
}

async function bench(options: Options, signal: AbortSignal): Promise<void> {
  const programs = findPrograms(process.env.PATH ?? '');
  const chosen = chooseCases(options.only);
  const sizes = chosen.map(
    ({ kind, sizes }) => Math.max(...sizesOf(sizes, options)) * (kind === 'random' ? 2 : 1),
  );
  const { folder, fileSystem } = await makeWorkplace(Math.max(...sizes), options.dir);
  say(`Files are in ${folder} (${fileSystem}). Rounds: ${options.rounds}.\n`);
  try {
    await race(chosen, options, programs, folder, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function race(
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
    const { stdout: civitdlHelp } = await promisify(execFile)(process.execPath, [CIVITDL, '--help']);
    const contenders = createContenders({
      programs,
      authority: certificate.authority,
      apiUrl: api.url,
    });
    const sampleOf = createSamples(root, signal);
    const bench = { options, programs, folder, nginx, api, contenders, sampleOf, civitdlHelp, signal };
    for (const one of chosen) for (const size of sizesOf(one.sizes, options)) await runCase(bench, one, size);
  } finally {
    await api.close();
    await nginx.stop();
  }
}

async function runCase(bench: Bench, chosen: Case, size: number): Promise<void> {
  const { options, nginx, api, folder, signal } = bench;
  say(`\n${chosen.name}: ${chosen.title} (${(size / 1e6).toFixed(0)} MB)\n`);
  const contenders = participants(bench, chosen.contenders(bench.contenders));
  const sample = await bench.sampleOf(chosen.kind, size);
  const serverPort = nginx.ports[chosen.protocol];
  const proxy = chosen.shape && (await startProxy(serverPort, chosen.shape));
  const storage = `${chosen.protocol}://127.0.0.1:${proxy?.port ?? serverPort}/${sample.name}`;
  api.offer(sample, storage);
  try {
    const { rounds } = options;
    const timeProgram = bench.programs.time;
    const onRun = (name: string, round: number) => progress(`round ${round + 1}: ${name}`);
    const results = await run({
      ...{ contenders, rounds, sample, storage, nginx, proxy, timeProgram, folder, signal, onRun },
    });
    const rows = [...results].map(([name, runs]) => [
      name,
      ...chosen.columns.map((column) => column.cell(runs, results)),
    ]);
    progress('');
    say(`\n${tableLines(['', ...chosen.columns.map(({ title }) => title)], rows).join('\n')}\n`);
  } finally {
    await proxy?.close();
  }
}

/** Leaves out whom the user does not want, and loudly what civitdl can't do. */
function participants({ options, civitdlHelp }: Bench, all: readonly Contender[]): readonly Contender[] {
  const wanted = all.filter(
    ({ name }) =>
      name === REFERENCE ||
      options.tools.length === 0 ||
      options.tools.some((beginning) => name.startsWith(beginning)),
  );
  return wanted.filter(({ name, option }) => {
    const able = option === undefined || civitdlHelp.includes(option);
    if (!able) say(`SKIPPED: ${name}, since this civitdl has no option ${option}.\n`);
    return able;
  });
}

function sizesOf(sizes: readonly number[], { size }: Options): readonly number[] {
  return size === undefined ? sizes : [size];
}

function chooseCases(names: readonly string[]): readonly Case[] {
  const unknown = names.filter((name) => !cases.some((one) => one.name === name));
  if (unknown.length > 0)
    throw new Error(
      `No such case: ${unknown.join(', ')}. There are ${cases.map(({ name }) => name).join(', ')}.`,
    );
  return names.length === 0 ? cases : cases.filter(({ name }) => names.includes(name));
}

function say(text: string): void {
  process.stdout.write(text);
}

/** What is going on, in one line of the terminal; nobody needs it later. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
