import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { MODEL_ID } from './api.js';
import type { Programs } from './programs.js';
import type { Sample } from './sample.js';

/** The download of a sample from a URL to a path. */
interface Job {
  readonly url: string;
  /** An absolute path. civitdl chooses another name in the same folder. */
  readonly target: string;
  readonly sample: Sample;
}

export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** The environment in addition to PATH. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A way to download a file. */
export interface Contender {
  readonly name: string;
  readonly command: (job: Job) => Command;
  /** An option of civitdl that it needs. */
  readonly option?: string;
}

export interface ContenderOptions {
  readonly programs: Programs;
  /** Path of the certificate of the authority. */
  readonly authority: string;
  readonly apiUrl: string;
}

export type Contenders = ReturnType<typeof createContenders>;

export const CIVITDL = fileURLToPath(new URL('../../../bin/civitdl.js', import.meta.url));
const NAIVE = fileURLToPath(new URL('naive.js', import.meta.url));

/** The contender that the others are compared with. */
export const REFERENCE = 'curl';

/** Returns all contenders. They trust the authority and read no settings of the user. */
export function createContenders({ programs, authority, apiUrl }: ContenderOptions) {
  const curlArgv = [programs.curl, '-q', '-sS', '--fail', '--cacert', authority] as const;

  function curlThen(name: string, check: string): Contender {
    const script = `hash=$1 target=$2; shift 2; "$@" && ${check}`;
    return {
      name: `curl, then ${name}`,
      command: ({ url, target, sample }) => ({
        argv: ['/bin/sh', '-c', script, 'sh', sample.sha256, target, ...curlArgv, '-o', target, url],
      }),
    };
  }

  return {
    curl: {
      name: REFERENCE,
      command: ({ url, target }) => ({ argv: [...curlArgv, '-o', target, url] }),
    } satisfies Contender,

    curlThenOpenssl: curlThen(
      'openssl',
      `test "$(${programs.openssl} dgst -sha256 -r "$target" | cut -c1-64)" = "$hash"`,
    ),

    curlThenSha256sum: curlThen(
      'sha256sum',
      `echo "$hash  $target" | ${programs.sha256sum} --check --status`,
    ),

    aria2: (connections: number, checked: boolean): Contender => ({
      name: `aria2c -x${connections}${checked ? ' --checksum' : ''}`,
      command: ({ url, target, sample }) => ({
        argv: [
          ...([programs.aria2c, '--no-conf', '--quiet', '--file-allocation=none'] as const),
          ...['-x', String(connections), '-s', String(connections), '-k', '1M'],
          ...['--ca-certificate', authority, '-d', dirname(target), '-o', 'sample'],
          ...(checked ? [`--checksum=sha-256=${sample.sha256}`] : []),
          url,
        ],
      }),
    }),

    naive: {
      name: 'fetch, pipe, hash',
      command: ({ url, target, sample }) => ({
        argv: [process.execPath, NAIVE, url, target, sample.sha256],
        environment: { NODE_EXTRA_CA_CERTS: authority },
      }),
    } satisfies Contender,

    civitdl: (connections?: number): Contender => ({
      name: connections === undefined ? 'civitdl' : `civitdl --connections ${connections}`,
      ...(connections !== undefined && { option: '--connections' }),
      command: ({ target }) => ({
        argv: [
          ...([process.execPath, CIVITDL, String(MODEL_ID), dirname(target), '-i', '0'] as const),
          ...(connections === undefined ? [] : ['--connections', String(connections)]),
        ],
        environment: {
          NODE_EXTRA_CA_CERTS: authority,
          CIVITAI_BASE_URL: apiUrl,
          CIVITDL_CONFIG_DIR: join(dirname(target), 'config'),
          CIVITDL_CACHE_DIR: join(dirname(target), 'cache'),
        },
      }),
    }),
  };
}
