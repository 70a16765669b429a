import type { Socket } from 'node:net';
import { NetworkError } from '../errors.js';
import { capitalize, closedError } from './errors.js';
import { HEAD_END, MAX_HEAD_BYTES, parseHead } from './http1/head.js';
import { type HttpProxy, proxyName } from './proxy.js';

/** A proxy answers so to a request that may succeed later: too busy, or not able to connect. */
const PASSING = new Set([408, 425, 429]);

/**
 * Asks a proxy for a tunnel to a host (RFC 9110, section 9.3.6), over a connection to the proxy.
 * @throws NetworkError, or the socket's own errors
 */
export async function openTunnel(socket: Socket, authority: string, proxy: HttpProxy): Promise<void> {
  const authorization = proxy.authorization && `Proxy-Authorization: ${proxy.authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization ?? ''}\r\n`, 'latin1');
  const head = parseHead(await readHead(socket, proxy));
  if (!head) throw notHttpError(proxy);
  if (head.status < 200 || head.status > 299) throw refusedError(head.status, authority, proxy);
}

/** Reads the last head, and no byte of what follows: behind it, the host waits for the client to begin. */
function readHead(socket: Socket, proxy: HttpProxy): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const finish = (action: () => void) => {
      socket.off('data', read).off('error', fail).off('end', end).off('close', end).pause();
      action();
    };
    const fail = (error: Error) => finish(() => reject(error));
    const end = () => fail(closedError());
    const read = (bytes: Buffer) => {
      received += bytes.toString('latin1');
      // Interim responses come before the final one.
      received = received.replace(/^(HTTP\/1\.\d 1\d\d[\s\S]*?\r\n\r\n)+/, '');
      const headEnd = received.indexOf(HEAD_END);
      const isWrong = !'HTTP/1.'.startsWith(received.slice(0, 7)) || received.length > MAX_HEAD_BYTES;
      if (headEnd >= 0) finish(() => resolve(received.slice(0, headEnd)));
      else if (isWrong) fail(notHttpError(proxy));
    };
    socket.on('data', read).on('error', fail).on('end', end).on('close', end);
  });
}

function notHttpError(proxy: HttpProxy): NetworkError {
  return new NetworkError('broken', capitalize(`${proxyName(proxy)} did not send an HTTP response.`));
}

function refusedError(status: number, authority: string, proxy: HttpProxy): NetworkError {
  const name = proxyName(proxy);
  if (status === 407) {
    const problem = proxy.authorization
      ? 'rejected the user name and password'
      : 'needs a user name and password';
    // An option cannot have them.
    const isOption = proxy.from === 'typed' || proxy.from === 'stored';
    const where = isOption ? ', which belong into HTTPS_PROXY' : ` in ${proxy.from}`;
    return new NetworkError('proxy-refused', capitalize(`${name} ${problem}${where} (status 407).`));
  }
  const message = capitalize(`${name} refused to connect to ${authority} (status ${status}).`);
  const isFinal = status >= 400 && status < 500 && !PASSING.has(status);
  return new NetworkError(isFinal ? 'proxy-refused' : 'broken', message);
}
