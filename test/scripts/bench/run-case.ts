import process from 'node:process';
import type { Api } from './api.js';
import type { Case } from './cases.js';
import { type Contender, type Contenders, REFERENCE } from './contenders.js';
import type { Nginx } from './nginx.js';
import type { Options } from './options.js';
import type { Programs } from './programs.js';
import { startProxy } from './proxy/proxy.js';
import { type Results, run } from './race.js';
import type { Sample, SampleKind } from './sample.js';
import { tableLines } from './table.js';

/** What all cases need. */
export interface CaseContext {
  readonly options: Options;
  readonly programs: Programs;
  readonly folder: string;
  readonly nginx: Nginx;
  readonly api: Api;
  readonly contenders: Contenders;
  readonly sampleOf: (kind: SampleKind, size: number) => Promise<Sample>;
  /** The output of `civitdl --help`, to see which options it has. */
  readonly civitdlHelp: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Runs a case with a file of a size, and prints a table. */
export async function runCase(bench: CaseContext, one: Case, size: number): Promise<void> {
  const { nginx, api, say } = bench;
  say(`\n${one.name}: ${one.title} (${(size / 1e6).toFixed(0)} MB)\n`);
  const contenders = participants(bench, one.contenders(bench.contenders));
  const sample = await bench.sampleOf(one.kind, size);
  const serverPort = nginx.ports[one.protocol];
  const proxy = one.shape && (await startProxy(serverPort, one.shape));
  const port = proxy?.port ?? serverPort;
  const storage = `${one.protocol}://127.0.0.1:${port}${one.path ?? '/'}${sample.name}`;
  api.setFile(sample, storage);
  try {
    const { folder, signal } = bench;
    const results = await run({
      ...{ contenders, sample, storage, nginx, proxy, folder, signal, onRun },
      rounds: bench.options.rounds,
      patient: bench.options.patient,
      timeProgram: bench.programs.time,
    });
    say(`\n${table(one, results).join('\n')}\n`);
  } finally {
    await proxy?.close();
  }
}

/** Returns the contenders that the user chose, and reports those with unknown options. */
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

function table({ columns }: Case, results: Results): readonly string[] {
  const rows = [...results].map(([name, runs]) => [
    name,
    ...columns.map((column) => column.cell(runs, results)),
  ]);
  return tableLines(['', ...columns.map(({ title }) => title)], rows);
}

/** Prints a line that the next one replaces. */
function onRun(name: string, round: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[Kround ${round + 1}: ${name}`);
}
