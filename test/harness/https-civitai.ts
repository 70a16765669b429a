import { request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Civitai } from '../fake-civitai/civitai.js';
import { makeCertificate } from './certificate.js';

/** The hosts of a fake Civitai server under names of the internet and over TLS, which a proxy can lead to. */
export interface HttpsCivitai {
  readonly url: string;
  readonly port: number;
  /** In PEM, for `NODE_EXTRA_CA_CERTS`. */
  readonly certificate: string;
  close(): Promise<void>;
}

export async function startHttpsCivitai({ origins }: Civitai): Promise<HttpsCivitai> {
  const names = Object.entries(origins).map(([host, origin]) => ({ name: `${host}.civitai.test`, origin }));
  const rename = (text: string) =>
    names.reduce((renamed, { name, origin }) => renamed.replaceAll(origin, `https://${name}`), text);
  const { key, cert } = makeCertificate(names.map(({ name }) => name));
  const server = createServer({ key, cert }, (message, response) => {
    const origin = names.find(({ name }) => name === message.headers.host)?.origin;
    const url = new URL(message.url ?? '', origin);
    const onward = request(url, {
      method: message.method ?? 'GET',
      headers: { ...message.headers, host: url.host },
    });
    onward.on('response', (answer) => {
      const headers = Object.fromEntries(
        Object.entries(answer.headers).map(([name, value]) => [name, rename(String(value))]),
      );
      const isJson = answer.headers['content-type']?.includes('json') ?? false;
      if (isJson) void sendRenamed(answer.statusCode ?? 502, headers, rename, buffer(answer), response);
      else answer.pipe(response.writeHead(answer.statusCode ?? 502, headers));
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    message.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: 'https://api.civitai.test',
    port: (server.address() as AddressInfo).port,
    certificate: cert,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function sendRenamed(
  status: number,
  headers: Record<string, string>,
  rename: (text: string) => string,
  body: Promise<Buffer>,
  response: ServerResponse,
): Promise<void> {
  const renamed = Buffer.from(rename((await body).toString()));
  response.writeHead(status, { ...headers, 'content-length': String(renamed.length) }).end(renamed);
}
