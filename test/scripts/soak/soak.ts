import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  type Civitai,
  type FaultKind,
  type RecordedRequest,
  type Route,
  startCivitai,
} from '../../fake-civitai/civitai.js';
import { type BatchOptions, batchModels, inspectBatch, isRefused } from '../../harness/batch.js';
import { commandEnvironment } from '../shared/command-environment.js';
import { residentSize } from '../shared/resident-memory.js';

export interface SoakOptions extends BatchOptions {
  readonly jobs: number;
  /** One of so many requests fails. */
  readonly faultEvery: number;
  /** Whether connections stall, which takes half a minute each. */
  readonly stalls: boolean;
  /** Time between two measurements of the memory. */
  readonly sampleMs: number;
}

export interface SoakResult {
  readonly status: number | null;
  readonly seconds: number;
  /** Number of models whose files are all right. */
  readonly right: number;
  /** What is missing of the available models. */
  readonly missing: readonly string[];
  /** The list of failed models that the command wrote. */
  readonly failed: string;
  /** Files of unavailable models. */
  readonly surplus: readonly string[];
  readonly staleFiles: readonly string[];
  /** Number of requests, of failed ones, and of signed URLs. */
  readonly requests: number;
  readonly faults: number;
  readonly urls: number;
  /** Number of requests to each route. */
  readonly byRoute: Readonly<Record<string, number>>;
  /** Median of the resident size in each quarter of the run, in bytes; NaN if unknown. */
  readonly resident: readonly number[];
}

const command = fileURLToPath(new URL('../../../bin/civitdl.js', import.meta.url));

/** Downloads a batch of small models from a server with many faults, and checks the result. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const models = batchModels(options);
  const civitai = await startCivitai({ models });
  const folder = await mkdtemp(join(tmpdir(), 'civitdl-soak-'));
  try {
    const faults = addFaults(civitai, options);
    await writeFile(join(folder, 'batch.txt'), models.map(({ id }) => id).join('\n'));
    const started = Date.now();
    const { status, resident } = await runMeasured(civitai, folder, options);
    const seconds = (Date.now() - started) / 1_000;
    const possible = models.filter((_, index) => !isRefused(index, options));
    const found = await inspectBatch(join(folder, 'models'), possible);
    const refused = models.filter((_, index) => isRefused(index, options)).map(({ name }) => name);
    const isSurplus = (path: string) => refused.some((name) => path.startsWith(`${name}/`));
    return {
      status,
      seconds,
      right: found.right.size,
      missing: [...found.wrong.values()],
      failed: await readFile(join(folder, 'failed.txt'), 'utf8').catch(() => ''),
      surplus: found.staleFiles.filter(isSurplus),
      staleFiles: found.staleFiles.filter((path) => !isSurplus(path)),
      requests: civitai.requests.length,
      faults: faults(),
      urls: civitai.requestsTo('download').filter((request) => request.status === 307).length,
      byRoute: countRoutes(civitai.requests),
      resident: quarters(resident),
    };
  } finally {
    await civitai.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function countRoutes(requests: readonly RecordedRequest[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { route } of requests) counts[route] = (counts[route] ?? 0) + 1;
  return counts;
}

/** Faults of any answer. */
const ANY: readonly FaultKind[] = [
  { kind: 'status', status: 503 },
  { kind: 'reset', after: 0 },
  { kind: 'status', status: 408 },
  { kind: 'delay', ms: 200 },
  { kind: 'status', status: 429, headers: { 'Retry-After': '1' } },
  // A burst, which does not say how long to wait.
  { kind: 'status', status: 429 },
  { kind: 'status', status: 500 },
  // Some proxies answer with a page of their own.
  { kind: 'html' },
  { kind: 'status', status: 502, body: '<html>Bad Gateway</html>', headers: { 'Content-Type': 'text/html' } },
];
/** Faults of answers with a body. */
const OF_BODIES: readonly FaultKind[] = [
  { kind: 'truncate', after: 200 },
  { kind: 'reset', after: 200 },
];
/** Faults of files with a checksum. */
const OF_FILES: readonly FaultKind[] = [
  ...OF_BODIES,
  { kind: 'status', status: 403 },
  { kind: 'corrupt', at: 1_000 },
  { kind: 'wrongBytes' },
  { kind: 'html' },
  { kind: 'json' },
  { kind: 'gzip' },
  { kind: 'noLength' },
  { kind: 'noRanges' },
  { kind: 'truncate', after: 5_000, shortLength: true },
  { kind: 'wrongContentRange', start: 10 },
  { kind: 'changedTag' },
];

function kindsFor(route: Route, stalls: boolean): readonly FaultKind[] {
  switch (route) {
    case 'download':
      return ANY;
    case 'storage':
      return [...OF_FILES, ...ANY, ...(stalls ? [{ kind: 'stall', after: 1_000 } as const] : [])];
    default:
      return [...ANY, ...OF_BODIES];
  }
}

/** Adds faults for one of so many requests, of all kinds of its route in turn. Returns a function that counts them. */
function addFaults(civitai: Civitai, { faultEvery, stalls }: SoakOptions): () => number {
  let seen = 0;
  const turns = new Map<Route, number>();
  const chosen = new WeakMap<RecordedRequest, FaultKind | undefined>();
  let count = 0;

  function choose(request: RecordedRequest): FaultKind | undefined {
    if (++seen % faultEvery > 0) return undefined;
    count++;
    const kinds = kindsFor(request.route, stalls);
    const turn = turns.get(request.route) ?? 0;
    turns.set(request.route, turn + 1);
    return kinds[turn % kinds.length];
  }

  for (const route of ['models', 'model', 'version', 'download', 'storage', 'image'] as const) {
    for (const kind of kindsFor(route, stalls)) {
      const where = (request: RecordedRequest) => {
        if (!chosen.has(request)) chosen.set(request, choose(request));
        return chosen.get(request) === kind;
      };
      civitai.fault({ on: route, where, times: Infinity, ...kind });
    }
  }
  return () => count;
}

async function runMeasured(
  civitai: Civitai,
  folder: string,
  { jobs, sampleMs }: SoakOptions,
): Promise<{ readonly status: number | null; readonly resident: readonly number[] }> {
  const args = [
    'batch.txt',
    'models',
    '--jobs',
    String(jobs),
    '--pause-time',
    '0',
    '--max-images',
    '1',
    '--failed',
    'failed.txt',
    '-k',
  ];
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: commandEnvironment(folder, civitai.url),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin?.end(`${civitai.goodKey}\n`);
  const resident: number[] = [];
  const watch = setInterval(() => resident.push(residentSize(child.pid) ?? Number.NaN), sampleMs);
  const [status] = await once(child, 'close');
  clearInterval(watch);
  return { status, resident };
}

function quarters(values: readonly number[]): readonly number[] {
  const known = values.filter((value) => value > 0);
  return [0, 1, 2, 3].map((quarter) => {
    const part = known.slice((known.length * quarter) / 4, (known.length * (quarter + 1)) / 4);
    return part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? Number.NaN;
  });
}
