import { parseArgs } from 'node:util';

/** Options of the benchmark. */
export interface Options {
  /** Names of cases; empty for all. */
  readonly only: readonly string[];
  /** Beginnings of contenders' names; empty for all. */
  readonly tools: readonly string[];
  readonly rounds: number;
  /** Bytes of all files of a case, instead of its own sizes. */
  readonly size: number | undefined;
  /** Parent of the folder to work in (default: chosen by the free space). */
  readonly dir: string | undefined;
  /** Whether to wait for an idle machine before each run. */
  readonly patient: boolean;
}

export const GIB = 1024 ** 3;
export const MIB = 1024 ** 2;

export const usage = `npm run bench -- [options]

  --only <names>    cases to run, separated by commas (default: all)
  --tools <names>   contenders whose names begin like this, separated by commas (default: all)
  --rounds <n>      rounds, each of which runs all contenders (default: 5)
  --size <bytes>    size of all files of a case, like 512M or 2G, in powers of 1024 (default: each case has its own)
  --dir <folder>    where to put the files (default: /dev/shm if they fit, else the temporary folder)
  --patient         wait for an idle machine before each run, and repeat runs that were disturbed

Cases, of which 'disk' needs a temporary folder (TMPDIR) on a disk:
`;

/** @throws Error with a message for the user */
export function parseOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string', default: '' },
      tools: { type: 'string', default: '' },
      rounds: { type: 'string', default: '5' },
      size: { type: 'string' },
      dir: { type: 'string' },
      patient: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    only: list(values.only),
    tools: list(values.tools),
    rounds: parseRounds(values.rounds),
    size: values.size === undefined ? undefined : parseSize(values.size),
    dir: values.dir,
    patient: values.patient,
  };
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parseRounds(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Error(`--rounds must be a whole number from 1 to 9999, not '${text}'.`);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: MIB, G: GIB };

function parseSize(text: string): number {
  const match = /^(?<number>\d+(\.\d+)?)(?<unit>[KMG]?)$/i.exec(text)?.groups;
  const size = Math.floor(Number(match?.number) * (UNITS[match?.unit?.toUpperCase() ?? ''] ?? 1));
  if (size >= 1) return size;
  throw new Error(`--size must be a number of bytes like 512M or 2G, not '${text}'.`);
}
