import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { startApi } from './api.js';
import type { Command } from './contenders.js';
import { waitForIdle } from './idle-machine.js';
import { measure, type Usage } from './measure.js';
import { GIB, type Options } from './options.js';
import type { Programs } from './programs.js';
import { ratios, spread } from './ratios.js';
import { makeFile } from './sample.js';
import { tableLines } from './table.js';

export const SCAN = {
  name: 'scan',
  title: 'Checksums of many files on disk, as civitconfig cache --scan computes them',
};

const CIVITCONFIG = fileURLToPath(new URL('../../../bin/civitconfig.js', import.meta.url));
const FILES = 8;

interface ScanOptions {
  readonly options: Options;
  readonly programs: Programs;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Bytes of all files together. */
export function sizeOfScan({ size }: Options): number {
  return size ?? 4 * GIB;
}

/** Races for the SHA256 of files that have just been written, and prints a table. */
export async function runScan({ options, programs, folder, signal, say }: ScanOptions): Promise<void> {
  const size = Math.ceil(sizeOfScan(options) / FILES);
  say(`\n${SCAN.name}: ${SCAN.title} (${FILES} files of ${(size / 1e6).toFixed(0)} MB)\n`);
  const library = join(folder, 'library');
  await mkdir(library);
  const paths = Array.from({ length: FILES }, (_, index) => join(library, `file-${index}.ckpt`));
  const hashes: string[] = [];
  for (const path of paths) hashes.push(await makeFile(path, 'random', size, signal));
  const api = await startApi();
  try {
    const contenders = contendersFor(programs, library, paths, folder, api.url);
    const results = new Map<string, Usage[]>([...contenders.keys()].map((name) => [name, []]));
    for (let round = 0; round < options.rounds; round++) {
      for (const [name, command] of rotate([...contenders], round)) {
        await rm(join(folder, 'cache'), { recursive: true, force: true });
        if (options.patient) await waitForIdle(signal);
        results.get(name)?.push(await measure(command, programs.time, folder, signal));
        await verify(join(folder, 'output'), hashes, name);
      }
    }
    say(`\n${table(results).join('\n')}\n`);
  } finally {
    await api.close();
    await rm(library, { recursive: true, force: true });
  }
}

const REFERENCE = 'sha256sum';

function contendersFor(
  { sha256sum }: Programs,
  library: string,
  paths: readonly string[],
  folder: string,
  apiUrl: string,
): ReadonlyMap<string, Command> {
  const parallel = `printf '%s\\0' "$@" | xargs -0 -n1 -P2 ${sha256sum}`;
  const environment = {
    CIVITAI_BASE_URL: apiUrl,
    CIVITDL_CONFIG_DIR: join(folder, 'config'),
    CIVITDL_CACHE_DIR: join(folder, 'cache'),
  };
  return new Map<string, Command>([
    [REFERENCE, { argv: [sha256sum, ...paths] }],
    ['xargs -P2 sha256sum', { argv: ['/bin/sh', '-c', parallel, 'sh', ...paths] }],
    [
      'civitconfig cache --scan',
      { argv: [process.execPath, CIVITCONFIG, 'cache', '--scan', library], environment },
    ],
  ]);
}

/** Lets each round begin with another contender. */
function rotate<T>(all: readonly T[], round: number): readonly T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

/** Every contender prints the hashes. */
async function verify(output: string, hashes: readonly string[], name: string): Promise<void> {
  const text = (await readFile(output, 'utf8')).toLowerCase();
  const missing = hashes.filter((hash) => !text.includes(hash));
  if (missing.length > 0) throw new Error(`${name} did not find the SHA256 of ${missing.length} files.`);
}

function table(results: ReadonlyMap<string, readonly Usage[]>): readonly string[] {
  const times = (runs: readonly Usage[] = []) => runs.map(({ wall }) => wall);
  const work = (runs: readonly Usage[] = []) => runs.map(({ cpu }) => cpu);
  const reference = results.get(REFERENCE);
  const rows = [...results].map(([name, runs]) => [
    name,
    spread(times(runs), 2),
    spread(ratios(times(runs), times(reference)), 2),
    spread(ratios(work(runs), work(reference)), 2),
    (Math.max(...runs.map(({ resident }) => resident)) / 1e6).toFixed(0),
  ]);
  return tableLines(['', 'seconds', `wall /${REFERENCE}`, `CPU /${REFERENCE}`, 'RSS MB'], rows);
}
