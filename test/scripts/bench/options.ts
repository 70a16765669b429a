import { parseArgs } from 'node:util';

/** Options of the benchmark. */
export interface Options {
  /** Names of cases; empty for all. */
  readonly only: readonly string[];
  /** Prefixes of contenders' names; empty for all. */
  readonly tools: readonly string[];
  readonly rounds: number;
  /** Size of the file in bytes, instead of the sizes of each case. */
  readonly size: number | undefined;
  /** The folder to work in; chosen by default. */
  readonly dir: string | undefined;
  /** Whether to wait for an idle machine before each run. */
  readonly patient: boolean;
}

export const GIB = 1024 ** 3;
export const MIB = 1024 ** 2;

export const usage = `npm run bench -- [options]

  --only <names>    cases to run, separated by commas (default: all)
  --tools <names>   prefixes of the contenders to run, separated by commas (default: all)
  --rounds <n>      number of rounds, in which all contenders run once (default: 5)
  --size <bytes>    size of the file, like 512M or 2G, in powers of 1024 (default: depends on the case)
  --dir <folder>    folder for the files (default: /dev/shm if it has enough space, or the temporary folder)
  --patient         wait until the machine is idle before each run, and repeat disturbed runs
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
  throw new Error(`--rounds must be a whole number from 1, not '${text}'.`);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: MIB, G: GIB };

function parseSize(text: string): number {
  const match = /^(?<number>\d+(\.\d+)?)(?<unit>[KMG]?)$/i.exec(text)?.groups;
  const size = Math.floor(Number(match?.number) * (UNITS[match?.unit?.toUpperCase() ?? ''] ?? 1));
  if (size >= 1) return size;
  throw new Error(`--size must be a number of bytes like 512M or 2G, not '${text}'.`);
}
