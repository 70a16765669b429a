import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecure, type TLSSocket } from 'node:tls';
import { NetworkError } from '../errors.js';
import { closedError, timeoutError, toNetworkError } from './errors.js';
import { type HttpProxy, proxyName } from './proxy.js';
import { createLookup, type Dial, dialTcp, type Lookup, openTcp, type SocketOptions } from './tcp.js';
import { openTunnel } from './tunnel.js';
import { hostOf } from './url-policy.js';

export interface OpenedSocket {
  readonly socket: Socket;
  /** Duration of the last handshake, which takes a round trip. */
  readonly roundTripMs: number;
  /** Whether the bytes go to `onread`. Node ignores it for TLS over another socket: those come as events. */
  readonly usesReadBuffer: boolean;
}

export interface ConnectorOptions {
  /** The maximum time until a connection can be used, with name lookup, proxy and TLS. */
  readonly timeoutMs: number;
  /** Returns the proxy for a URL, if any. */
  readonly proxyOf?: (url: URL) => HttpProxy | undefined;
  readonly lookup?: Lookup;
  /** Connects to one address without TLS. */
  readonly dial?: Dial;
}

const MAX_TLS_SESSIONS = 100;

/** Opens all connections of a run, directly or through a proxy. */
export class Connector {
  readonly #timeoutMs: number;
  readonly #proxyOf: (url: URL) => HttpProxy | undefined;
  readonly #lookup: Lookup;
  readonly #dial: Dial;
  readonly #closed = new AbortController();
  /** By host: a resumed session saves the check of the certificate. */
  readonly #sessions = new Map<string, Buffer>();

  constructor({ timeoutMs, proxyOf = () => undefined, lookup, dial }: ConnectorOptions) {
    this.#timeoutMs = timeoutMs;
    this.#proxyOf = proxyOf;
    this.#lookup = lookup ?? createLookup();
    this.#dial = dial ?? dialTcp;
  }

  /**
   * Connects to the origin of a URL.
   * @throws NetworkError of a proxy, or the socket's own errors
   */
  async connect(url: URL, signal: AbortSignal, options: SocketOptions = {}): Promise<OpenedSocket> {
    const late = new AbortController();
    const expire = () => late.abort(timeoutError('No connection was made in time.'));
    const timer = setTimeout(expire, this.#timeoutMs);
    const ends = AbortSignal.any([signal, this.#closed.signal, late.signal]);
    const proxy = this.#proxyOf(url);
    try {
      if (!proxy) return await this.#connectDirectly(url, ends, options);
      const tunnel = await this.#openTunnel(proxy, url, ends).catch((error: unknown) => {
        throw withProxy(toNetworkError(error, { host: proxyName(proxy) }, signal), proxy);
      });
      return await this.#secureTunnel(tunnel, hostOf(url), ends);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends all attempts to connect. */
  close(): void {
    this.#closed.abort(new Error('The client was closed.'));
  }

  async #connectDirectly(url: URL, signal: AbortSignal, options: SocketOptions): Promise<OpenedSocket> {
    const host = hostOf(url);
    if (url.protocol === 'https:') {
      const socket = await this.#open(host, portOf(url), this.#dialSecurely(host, options), signal);
      return { socket, roundTripMs: await secure(socket, signal), usesReadBuffer: true };
    }
    const startedAt = performance.now();
    const dial: Dial = (address, port) => this.#dial(address, port, options);
    const socket = await this.#open(host, portOf(url), dial, signal);
    return { socket, roundTripMs: performance.now() - startedAt, usesReadBuffer: true };
  }

  async #openTunnel(proxy: HttpProxy, url: URL, signal: AbortSignal): Promise<Socket> {
    const host = hostOf(url);
    const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${portOf(url)}`;
    const dial: Dial = proxy.isSecure ? this.#dialSecurely(proxy.host, {}) : this.#dial;
    const socket = await this.#open(proxy.host, proxy.port, dial, signal);
    if (proxy.isSecure) await secure(socket, signal);
    await whileOpen(socket, signal, openTunnel(socket, authority, proxy));
    return socket;
  }

  async #secureTunnel(tunnel: Socket, host: string, signal: AbortSignal): Promise<OpenedSocket> {
    const socket = this.#watchSession(
      host,
      connectSecure({ ...this.#tlsOptions(host), host, socket: tunnel }),
    );
    return { socket, roundTripMs: await secure(socket, signal), usesReadBuffer: false };
  }

  #open(host: string, port: number, dial: Dial, signal: AbortSignal): Promise<Socket> {
    return openTcp(host, port, { lookup: this.#lookup, dial }, signal);
  }

  #dialSecurely(host: string, options: SocketOptions): Dial {
    return (address, port) => {
      const socket = connectSecure({ ...this.#tlsOptions(host), ...options, host: address, port });
      return this.#watchSession(host, socket.setNoDelay(true));
    };
  }

  #tlsOptions(host: string): ConnectionOptions {
    const session = this.#sessions.get(host);
    return {
      ALPNProtocols: ['http/1.1'],
      // A server name must not be an address (RFC 6066, section 3).
      ...(isIP(host) === 0 && { servername: host }),
      ...(session && { session }),
    };
  }

  #watchSession(host: string, socket: TLSSocket): TLSSocket {
    return socket.on('session', (session) => {
      const [oldest] = this.#sessions.keys();
      if (this.#sessions.size >= MAX_TLS_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
      this.#sessions.set(host, session);
    });
  }
}

function withProxy(error: unknown, { from }: HttpProxy): unknown {
  return error instanceof NetworkError
    ? new NetworkError(error.code, error.message, { cause: error.cause, proxyFrom: from })
    : error;
}

/** Waits for the TLS handshake and returns its duration. */
async function secure(socket: Socket, signal: AbortSignal): Promise<number> {
  const startedAt = performance.now();
  const secured = new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
    socket.once('close', () => reject(closedError()));
  });
  await whileOpen(socket, signal, secured);
  return performance.now() - startedAt;
}

/** Waits for a step of a handshake; destroys the socket when the step fails or the signal aborts. */
async function whileOpen(socket: Socket, signal: AbortSignal, step: Promise<void>): Promise<void> {
  // A destroyed socket may fail once more.
  socket.on('error', () => {});
  const abort = () => socket.destroy(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    await step;
    signal.throwIfAborted();
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}
