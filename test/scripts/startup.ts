import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { commandEnvironment } from './shared/command-environment.js';

/**
 * `npm run startup`: measures how long `civitdl --version`, `civitdl --help` and the first request of a download take,
 * as multiples of an empty program, and fails if one of the first two is above the limit. Each round runs all programs,
 * so that a busy machine slows all of them down.
 */

const ROUNDS = 21;
const LIMIT = 2.5;
const command = fileURLToPath(new URL('../../bin/civitdl.js', import.meta.url));

interface Program {
  readonly name: string;
  readonly args: readonly string[];
  /** Measured until the first request to the server instead of until the end. */
  readonly untilRequest?: boolean;
}

const NOTHING: Program = { name: 'node -e 0', args: ['-e', '0'] };
const LIMITED: readonly Program[] = [
  { name: 'civitdl --version', args: [command, '--version'] },
  { name: 'civitdl --help', args: [command, '--help'] },
];

/** Answers every request with 404. */
class Server {
  readonly #server = createServer((_request, response) => response.writeHead(404).end());

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async nextRequest(): Promise<void> {
    await once(this.#server, 'request');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function measureMs(
  { args, untilRequest }: Program,
  server: Server,
  env: Record<string, string | undefined>,
): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
  const exit = once(child, 'exit');
  await Promise.race([untilRequest ? server.nextRequest() : exit, exit]);
  const elapsed = performance.now() - started;
  await exit;
  return elapsed;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function measure(folder: string, server: Server): Promise<void> {
  const env = commandEnvironment(folder, await server.start());
  const download = [command, '1', join(folder, 'models'), '--dry-run'];
  const programs = [NOTHING, ...LIMITED, { name: 'first request', args: download, untilRequest: true }];
  const times = new Map<Program, number[]>(programs.map((program) => [program, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [program, measured] of times) measured.push(await measureMs(program, server, env));
  const nothing = median(times.get(NOTHING) ?? []);
  for (const [{ name }, measured] of times) {
    const ms = median(measured);
    process.stdout.write(
      `${name.padEnd(18)} ${ms.toFixed(0).padStart(4)} ms  ${(ms / nothing).toFixed(2)}\n`,
    );
  }
  const worst = Math.max(...LIMITED.map((program) => median(times.get(program) ?? []))) / nothing;
  process.stdout.write(
    `Medians of ${ROUNDS} rounds; the limit of the commands is ${LIMIT} times the first.\n`,
  );
  if (!(worst <= LIMIT)) throw new Error(`${worst.toFixed(2)} is above the limit.`);
}

const server = new Server();
const folder = await mkdtemp(join(tmpdir(), 'civitdl-startup-'));
try {
  await measure(folder, server);
} finally {
  server.close();
  await rm(folder, { recursive: true, force: true });
}
