import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * `npm run startup`: measures how long `civitdl --version` and `civitdl --help` take, as multiples of an empty program,
 * and fails above the limit. Each round runs all programs, so that a busy machine slows all of them down.
 */

const ROUNDS = 21;
const LIMIT = 2.5;
const command = fileURLToPath(new URL('../../bin/civitdl.js', import.meta.url));

const programs = {
  'node -e 0': ['-e', '0'],
  'civitdl --version': [command, '--version'],
  'civitdl --help': [command, '--help'],
} as const;

function measureMs(args: readonly string[]): number {
  const started = process.hrtime.bigint();
  const { status } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with status ${status}.`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function measure(): void {
  const rounds = Array.from({ length: ROUNDS }, () => Object.values(programs).map(measureMs));
  const medians = Object.keys(programs).map((_name, column) => median(rounds.map((row) => row[column] ?? 0)));
  const [nothing = Number.NaN] = medians;
  for (const [index, name] of Object.keys(programs).entries()) {
    const own = medians[index] ?? Number.NaN;
    process.stdout.write(
      `${name.padEnd(18)} ${own.toFixed(0).padStart(4)} ms  ${(own / nothing).toFixed(2)}\n`,
    );
  }
  const worst = Math.max(...medians) / nothing;
  process.stdout.write(`Medians of ${ROUNDS} rounds; the limit is ${LIMIT} times the first.\n`);
  if (!(worst <= LIMIT)) throw new Error(`${worst.toFixed(2)} is above the limit.`);
}

measure();
