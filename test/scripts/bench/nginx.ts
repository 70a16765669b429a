import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificate } from './certificate.js';
import { freePort } from './free-port.js';

export interface Nginx {
  readonly ports: { readonly http: number; readonly https: number };
  /** Returns the requests that ended after a time, in milliseconds since the epoch. */
  readRequests(since: number): Promise<readonly ServedRequest[]>;
  stop(): Promise<void>;
}

interface ServedRequest {
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
  /** Bytes of the body that were passed to the system. */
  readonly bytes: number;
}

export interface NginxOptions {
  readonly program: string;
  /** The folder of its own files. */
  readonly folder: string;
  /** The folder that it serves. */
  readonly root: string;
  readonly certificate: Certificate;
}

/** The folder in which the server limits each connection. */
export const LIMITED = { path: '/limited/', bytesPerSecond: 10_000_000 } as const;

const START_TRIES = 200;
const LOG_DELAY_MS = 50;

/** Starts a server of static files over HTTP and HTTPS on free ports of loopback. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const ports = { http: await freePort(), https: await freePort() };
  const log = join(options.folder, 'access.log');
  const errors = join(options.folder, 'error.log');
  await mkdir(join(options.folder, 'temporary'), { recursive: true });
  const configuration = join(options.folder, 'nginx.conf');
  await writeFile(configuration, configurationText(options, ports, log));
  const child = spawn(options.program, ['-e', errors, '-p', options.folder, '-c', configuration], {
    stdio: 'ignore',
  });
  await waitForStart(child, ports.https, errors);
  return {
    ports,
    readRequests: (since) => readRequests(log, since),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}

/** One worker for each core, as its packages set it; otherwise its own defaults. */
function configurationText(
  { folder, root, certificate }: NginxOptions,
  ports: Nginx['ports'],
  log: string,
): string {
  const temporary = (name: string) => `${name}_temp_path ${join(folder, 'temporary', name)};`;
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes auto;
pid ${join(folder, 'nginx.pid')};
events {}
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(temporary).join('\n  ')}
  log_format sent '$msec $body_bytes_sent';
  access_log ${log} sent;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  server {
    listen 127.0.0.1:${ports.http};
    listen 127.0.0.1:${ports.https} ssl;
    ssl_certificate ${certificate.chain};
    ssl_certificate_key ${certificate.key};
    ssl_protocols TLSv1.3;
    root ${root};
    location ${LIMITED.path} {
      alias ${root}/;
      limit_rate ${LIMITED.bytesPerSecond};
    }
  }
}
`;
}

async function waitForStart(child: ChildProcess, port: number, errors: string): Promise<void> {
  const failure = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('close', async () => {
      reject(new Error(`nginx did not start: ${await readFile(errors, 'utf8').catch(() => '')}`));
    });
  });
  // After the start, its end is not a failure.
  failure.catch(() => {});
  for (let tries = 0; tries < START_TRIES; tries++) {
    if (await Promise.race([accepts(port), failure])) return;
    await sleep(25);
  }
  throw new Error('nginx does not answer.');
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function readRequests(log: string, since: number): Promise<readonly ServedRequest[]> {
  // The end of a request that was broken off is logged a little later.
  await sleep(LOG_DELAY_MS);
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
  return lines
    .map((line) => {
      const [endedSeconds, bytes] = line.split(' ').map(Number);
      return { endedAt: (endedSeconds ?? 0) * 1000, bytes: bytes ?? 0 };
    })
    .filter(({ endedAt }) => endedAt >= since);
}
