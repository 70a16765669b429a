import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from './certificate.js';

/** An HTTPS server on the loopback address with a self-signed certificate. */
export interface HttpsServer {
  readonly origin: string;
  /** In PEM, for `NODE_EXTRA_CA_CERTS`. */
  readonly certificate: string;
  /** The headers of each request. A test may clear them. */
  readonly requests: IncomingHttpHeaders[];
  close(): Promise<void>;
}

export async function startHttps(answer: RequestListener): Promise<HttpsServer> {
  const { cert, key } = makeCertificate();
  const requests: IncomingHttpHeaders[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    requests.push(request.headers);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate: cert,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
