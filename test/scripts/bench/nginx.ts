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
  /** Returns when the last answer since `from` ended, in milliseconds since the epoch; undefined if there was no answer. */
  lastSent(from: number): Promise<number | undefined>;
  stop(): Promise<void>;
}

export interface NginxOptions {
  readonly program: string;
  /** The folder for its own files. */
  readonly folder: string;
  /** The folder to serve. */
  readonly root: string;
  readonly certificate: Certificate;
}

/** The path with a limit for each connection. */
export const LIMITED = { path: '/limited/', bytesPerSecond: 10_000_000 } as const;

const START_TRIES = 200;

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
    lastSent: (from) => lastSent(log, from),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}

/** One worker per core, like the packages of distributions; otherwise the defaults. */
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
  log_format sent '$msec $status $body_bytes_sent $request_time';
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
  // The process also closes after `stop`.
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

async function lastSent(log: string, from: number): Promise<number | undefined> {
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
  const times = lines.map((line) => Number(line.split(' ', 1)[0]) * 1000).filter((time) => time >= from);
  return times.length === 0 ? undefined : Math.max(...times);
}
