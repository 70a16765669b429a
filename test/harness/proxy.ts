import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { Certificate } from './certificate.js';

/** A forward proxy on the loopback address that records its requests. */
export interface ForwardProxy {
  readonly url: string;
  /** `CONNECT host:port` or `GET URL`, in order. */
  readonly seen: readonly string[];
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** A user name and a password as in a URL, which clients need. */
  readonly credentials?: string;
  /** Makes the proxy speak TLS. */
  readonly certificate?: Certificate;
  /** Returns the local port that stands for a host and port. */
  readonly route?: (authority: string) => number;
}

/** Starts a proxy that tunnels, and forwards requests for absolute URLs. */
export async function startProxy({
  credentials,
  certificate,
  route,
}: ProxyOptions = {}): Promise<ForwardProxy> {
  const seen: string[] = [];
  const wanted = credentials && `Basic ${Buffer.from(decodeURIComponent(credentials)).toString('base64')}`;
  const server = certificate ? createSecureServer({ ...certificate }) : createServer();
  server.on('request', (message, response) => {
    const { method, url = '', headers } = message;
    seen.push(`${method} ${url}`);
    if (wanted && headers['proxy-authorization'] !== wanted) {
      response.writeHead(407).end();
      return;
    }
    const onward = request(url, { method: method ?? 'GET', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end();
  });
  server.on('connect', ({ url = '', headers }, client) => {
    seen.push(`CONNECT ${url}`);
    if (wanted && headers['proxy-authorization'] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host, port] = url.split(':');
    const onward = connect(route?.(url) ?? Number(port), route ? '127.0.0.1' : host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(client);
      client.pipe(onward);
    });
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http${certificate ? 's' : ''}://${credentials ? `${credentials}@` : ''}127.0.0.1:${port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
