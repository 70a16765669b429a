import { lookup as dnsLookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** Returns all addresses of a host, the preferred one first. */
export type Lookup = (host: string) => Promise<readonly Address[]>;

/** Starts to connect to one address. */
export type Dial = (address: string, port: number, options: SocketOptions) => Socket;

export interface SocketOptions {
  /** Replaces the stream's own buffers. */
  readonly onread?: {
    readonly buffer: Uint8Array;
    /** Returns whether to continue reading. */
    readonly callback: (count: number, buffer: Uint8Array) => boolean;
  };
}

export interface TcpOptions {
  readonly lookup: Lookup;
  readonly dial: Dial;
}

/** RFC 8305 recommends it as the delay until the next address is tried as well. */
const ATTEMPT_DELAY_MS = 250;

/** Errors of a machine without a route for the family of an address: those of other addresses tell more. */
const NO_ROUTE = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EHOSTUNREACH']);

export const dialTcp: Dial = (host, port, options) => connect({ host, port, noDelay: true, ...options });

/** Returns a lookup that asks once for requests at the same time: each takes one of Node's four threads, for seconds. */
export function createLookup(): Lookup {
  const running = new Map<string, Promise<readonly Address[]>>();
  return (host) => {
    let found = running.get(host);
    if (!found) {
      found = dnsLookup(host, { all: true, order: 'verbatim' }).finally(() => running.delete(host));
      running.set(host, found);
    }
    return found;
  };
}

/**
 * Connects to the first address that answers (RFC 8305): the next one is tried after a short delay, or at once after a
 * failure, and those before stay in the race. Node's own way gives each address 250 ms and then gives it up, so that it
 * never connects over a link that needs longer.
 * @throws the socket's own errors
 */
export async function openTcp(
  host: string,
  port: number,
  { lookup, dial }: TcpOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const family = isIP(host);
  const addresses = family === 0 ? await abortable(lookup(host), signal) : [{ address: host, family }];
  signal.throwIfAborted();
  return race(
    interleave(addresses).map(
      ({ address }) =>
        () =>
          dial(address, port, {}),
    ),
    signal,
  );
}

/** Alternates the families, so that one that is broken delays only every other attempt (RFC 8305, section 4). */
export function interleave(addresses: readonly Address[]): readonly Address[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family);
  return Array.from({ length: Math.max(first.length, others.length) }, (_, index) =>
    [first[index], others[index]].filter((address) => address !== undefined),
  ).flat();
}

function race(dials: readonly (() => Socket)[], signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = [...dials];
    const sockets = new Set<Socket>();
    let failure: unknown;
    let timer: NodeJS.Timeout | undefined;
    const settle = (action: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      waiting.length = 0;
      for (const socket of sockets) socket.destroy();
      action();
    };
    const abort = () => settle(() => reject(signal.reason));
    const startNext = () => {
      clearTimeout(timer);
      const dial = waiting.shift();
      if (!dial) {
        if (sockets.size === 0) settle(() => reject(failure));
        return;
      }
      const socket = dial();
      sockets.add(socket);
      socket.once('connect', () => {
        // The other attempts end, and this socket belongs to the caller.
        sockets.delete(socket);
        settle(() => resolve(socket));
      });
      socket.on('error', (error) => {
        failure = moreTelling(failure, error);
        if (sockets.delete(socket)) startNext();
      });
      timer = setTimeout(startNext, ATTEMPT_DELAY_MS);
    };
    signal.addEventListener('abort', abort, { once: true });
    startNext();
  });
}

function moreTelling(previous: unknown, error: NodeJS.ErrnoException): unknown {
  return previous === undefined || !NO_ROUTE.has(error.code ?? '') ? error : previous;
}

/** Settles with the promise, or rejects when the signal aborts: a lookup itself cannot be ended. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
