import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Programs } from './programs.js';
import type { ServedFile } from './sample.js';

/** What every contender does: download the files into a folder. */
interface Job {
  readonly files: readonly ServedFile[];
  /** Absolute path. */
  readonly dir: string;
}

type Argv = readonly [string, ...string[]];
type Environment = Readonly<Record<string, string>>;

export interface Command {
  readonly argv: Argv;
  /** The whole environment beside PATH, so that the user's settings do not count. */
  readonly environment?: Environment;
}

/** A way to download files. */
export interface Contender {
  readonly name: string;
  readonly command: (job: Job) => Command;
  /** The option of civitdl that it needs. */
  readonly option?: string;
}

export interface ContenderOptions {
  readonly programs: Programs;
  /** Path of the authority's certificate. */
  readonly authority: string;
  readonly apiUrl: string;
}

export type Contenders = ReturnType<typeof createContenders>;

export const CIVITDL = fileURLToPath(new URL('../../../bin/civitdl.js', import.meta.url));
const NAIVE = fileURLToPath(new URL('naive.js', import.meta.url));

/** The contender that most columns compare with. */
export const REFERENCE = 'curl';

/** Creates all contenders. Each trusts the server's authority, and reads no settings. */
export function createContenders({ programs, authority, apiUrl }: ContenderOptions) {
  const checkSums = `echo "$sums" | ${programs.sha256sum} --check --status`;
  const syncFiles = `${programs.sync} -d "$dir"/*`;

  const curlArgv = ({ files, dir }: Job): Argv => [
    ...([programs.curl, '-q', '-sS', '--fail', '--cacert', authority] as const),
    ...(files.length > 1 ? ['--parallel', '--parallel-max', '4'] : []),
    ...files.flatMap(({ name, url }) => ['-o', join(dir, name), url]),
  ];

  const curlThen = (name: string, script: string): Contender => ({
    name: `${REFERENCE}, then ${name}`,
    command: (job) => inShell(`"$@" && ${script}`, curlArgv(job), variables(job)),
  });

  const aria2Argv = (connections: number, dir: string): Argv => [
    ...([programs.aria2c, '--no-conf', '--quiet', '--file-allocation=none'] as const),
    ...['-x', String(connections), '-s', String(connections), '-k', '1M'],
    ...['--ca-certificate', authority, '-d', dir],
  ];

  const checkedAria2Argv = (connections: number, { files, dir }: Job): Argv => [
    ...aria2Argv(connections, dir),
    ...files.flatMap(({ url, sha256 }) => [`--checksum=sha-256=${sha256}`, url]),
  ];

  return {
    curl: { name: REFERENCE, command: (job) => ({ argv: curlArgv(job) }) } satisfies Contender,

    curlThenOpenssl: curlThen(
      'openssl',
      `test "$(${programs.openssl} dgst -sha256 -r "$dir"/* | cut -c1-64)" = "\${sums%% *}"`,
    ),

    curlThenSha256sum: curlThen('sha256sum', checkSums),

    curlThenSync: curlThen('sha256sum, sync', `${checkSums} && ${syncFiles}`),

    /** One file: further URLs would count as its mirrors. */
    aria2: (connections: number): Contender => ({
      name: `aria2c -x${connections}`,
      command: ({ files, dir }) => ({
        argv: [...aria2Argv(connections, dir), ...files.map(({ url }) => url)],
      }),
    }),

    checkedAria2: (connections: number): Contender => ({
      name: `aria2c -x${connections} --checksum`,
      command: (job) => ({ argv: checkedAria2Argv(connections, job) }),
    }),

    checkedAria2ThenSync: (connections: number): Contender => ({
      name: `aria2c -x${connections} --checksum, then sync`,
      command: (job) => inShell(`"$@" && ${syncFiles}`, checkedAria2Argv(connections, job), variables(job)),
    }),

    /** Many files, four at a time. */
    aria2List: {
      name: 'aria2c -x1 -j4 -i list',
      command: (job) => {
        const list = job.files.map(({ name, url }) => `${url}\n  out=${name}\n`).join('');
        const script = `printf '%s' "$list" | "$@" -j 4 -i -`;
        return inShell(script, aria2Argv(1, job.dir), { list });
      },
    } satisfies Contender,

    naive: {
      name: 'fetch, pipe, hash',
      command: ({ files, dir }) => ({
        argv: [
          ...([process.execPath, NAIVE] as const),
          ...files.flatMap(({ name, url, sha256 }) => [url, join(dir, name), sha256]),
        ],
        environment: { NODE_EXTRA_CA_CERTS: authority },
      }),
    } satisfies Contender,

    /** @param options one option and its value */
    civitdl: (...options: readonly string[]): Contender => ({
      name: ['civitdl', ...options].join(' '),
      ...(options[0] !== undefined && { option: options[0] }),
      command: ({ files, dir }) => ({
        argv: [
          ...([process.execPath, CIVITDL, files.map((_file, index) => index + 1).join(',')] as const),
          ...[dir, '-i', '0', '--pause-time', '0', ...options],
        ],
        environment: {
          NODE_EXTRA_CA_CERTS: authority,
          CIVITAI_BASE_URL: apiUrl,
          CIVITDL_CONFIG_DIR: join(dir, 'config'),
          CIVITDL_CACHE_DIR: join(dir, 'cache'),
        },
      }),
    }),
  };
}

/** Runs a script with a command as its arguments. */
function inShell(script: string, argv: Argv, environment: Environment): Command {
  return { argv: ['/bin/sh', '-c', script, 'sh', ...argv], environment };
}

function variables({ files, dir }: Job): Environment {
  return { dir, sums: files.map(({ name, sha256 }) => `${sha256}  ${join(dir, name)}`).join('\n') };
}
