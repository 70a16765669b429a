import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import process from 'node:process';
import type { Api } from './api.js';
import type { Case } from './cases.js';
import type { Outcome } from './columns.js';
import { type Contender, type Contenders, REFERENCE } from './contenders.js';
import type { Nginx } from './nginx.js';
import type { Options } from './options.js';
import type { Programs } from './programs.js';
import { startProxy } from './proxy/proxy.js';
import { run } from './race.js';
import type { Sample, SampleSet } from './sample.js';
import { tableLines } from './table.js';
import { makeDiskWorkingFolder } from './working-folder.js';

/** Context of all cases. */
export interface CaseContext {
  readonly options: Options;
  readonly programs: Programs;
  readonly folder: string;
  readonly nginx: Nginx;
  readonly api: Api;
  readonly contenders: Contenders;
  readonly makeSamples: (set: SampleSet) => Promise<readonly Sample[]>;
  /** The output of `civitdl --help`, which lists its options. */
  readonly civitdlHelp: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Runs a case with files of so many bytes together, and prints its table. */
export async function runCase(bench: CaseContext, one: Case, totalSize: number): Promise<void> {
  const { files: count = 1, kind, onDisk = false } = one;
  const fileSize = Math.ceil(totalSize / count);
  bench.say(`\n${one.name}: ${one.title} (${count > 1 ? `${count} x ` : ''}${megabytes(fileSize)})\n`);
  if (!onDisk)
    return raceIn(bench.folder, bench, one, await bench.makeSamples({ kind, count, size: fileSize }));
  const disk = await makeDiskWorkingFolder(totalSize);
  if (!disk) return bench.say(`SKIPPED: ${tmpdir()} is in memory; set TMPDIR to a folder on a disk.\n`);
  bench.say(`Downloads are in ${disk.folder} (${disk.fileSystem}).\n`);
  try {
    await raceIn(disk.folder, bench, one, await bench.makeSamples({ kind, count, size: fileSize }));
  } finally {
    await rm(disk.folder, { recursive: true, force: true });
  }
}

async function raceIn(
  folder: string,
  bench: CaseContext,
  one: Case,
  samples: readonly Sample[],
): Promise<void> {
  const { nginx, api, options, programs, signal, say } = bench;
  const contenders = participants(bench, one.contenders(bench.contenders));
  const size = samples.reduce((sum, sample) => sum + sample.size, 0);
  const serverPort = nginx.ports[one.protocol];
  const shape = one.shape?.(size);
  const proxy = shape && (await startProxy(serverPort, shape));
  const base = `${one.protocol}://127.0.0.1:${proxy?.port ?? serverPort}${one.path ?? '/'}`;
  const files = samples.map((sample) => ({ ...sample, url: `${base}${sample.name}` }));
  api.serve(files);
  try {
    const results = await run({
      ...{ contenders, files, nginx, proxy, folder, signal, onRun },
      rounds: options.rounds,
      patient: options.patient,
      timeProgram: programs.time,
    });
    say(`\n${table(one, { results, size, shape: shape ?? {} }).join('\n')}\n`);
  } finally {
    await proxy?.close();
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}

/** Leaves out contenders that the user does not want, and reports those whose option civitdl lacks. */
function participants(
  { options, civitdlHelp, say }: CaseContext,
  all: readonly Contender[],
): readonly Contender[] {
  const isWanted = ({ name }: Contender) =>
    name === REFERENCE ||
    options.tools.length === 0 ||
    options.tools.some((beginning) => name.startsWith(beginning));
  return all.filter(isWanted).filter(({ name, option }) => {
    const isSupported = option === undefined || civitdlHelp.includes(option);
    if (!isSupported) say(`SKIPPED: ${name}, since this civitdl has no option ${option}.\n`);
    return isSupported;
  });
}

function table({ columns }: Case, outcome: Outcome): readonly string[] {
  const rows = [...outcome.results].map(([name, runs]) => [
    name,
    ...columns.map((column) => column.cell(runs, outcome)),
  ]);
  return tableLines(['', ...columns.map(({ title }) => title)], rows);
}

/** Shows the current run in a line of the terminal that the next one replaces. */
function onRun(name: string, round: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[Kround ${round + 1}: ${name}`);
}
