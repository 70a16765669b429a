import type { RequestListener } from 'node:http';
import type { StorageHost } from './catalog/entry.js';
import { type CatalogModel, catalog } from './catalog.js';
import { answer, routeOf } from './routes/routes.js';
import { applyFault } from './server/apply-fault.js';
import { type Delivery, deliver } from './server/deliver.js';
import { type Fault, FaultQueue } from './server/faults.js';
import { type Listener, listen } from './server/listen.js';
import { type Host, type OpenRecord, type RecordedRequest, type Route, record } from './server/request.js';
import { Shelf } from './server/shelf.js';
import { Signer } from './server/signer.js';
import type { Account, World } from './server/world.js';

export type { FaultKind } from './server/faults.js';
export type { RecordedRequest, Route } from './server/request.js';

export interface CivitaiOptions {
  /** What it holds; the whole catalog unless given. */
  readonly models?: readonly CatalogModel[];
  /** Milliseconds before every answer. */
  readonly latency?: number;
  /** Whole seconds that a signed URL lives; 86400 on R2 and 3600 on B2 unless given. */
  readonly urlLifetime?: number;
  /** Limit for each connection to a storage host. */
  readonly bytesPerSecond?: number;
  /** Accepted keys; `goodKey` unless given. */
  readonly keys?: readonly string[];
  /** Whether every download wants a key. */
  readonly loginForAll?: boolean;
  /** Of the API; the storage and image hosts take the three next. Any free ones unless given. */
  readonly port?: number;
}

/** A stand-in for Civitai: four servers on the loopback address, what they were asked, and what shall go wrong. */
export interface Civitai {
  /** Origin of the API. */
  readonly url: string;
  readonly origins: Readonly<Record<Host, string>>;
  /** A key that is accepted. */
  readonly goodKey: string;
  /** The account of all accepted keys; may be changed. It prefers other files than anonymous callers get. */
  readonly account: Account;
  /** All requests to all hosts, in order. */
  readonly requests: readonly RecordedRequest[];
  requestsTo(route: Route): RecordedRequest[];
  /** Lets something go wrong with the next fitting request. */
  fault(fault: Fault): void;
  /** From now on, only these keys are accepted. */
  setKeys(keys: readonly string[]): void;
  /** From now on, signed URLs for this file point to this storage host. */
  moveFile(fileId: number, host: StorageHost): void;
  /** Lets all signed URLs that were given out expire at once. */
  expireUrls(): void;
  /** Limit for each connection to a storage host; undefined for none. */
  setRate(bytesPerSecond: number | undefined): void;
  /** Forgets requests, faults, moved files, and changes of keys, account and rate. */
  reset(): void;
  /** Ends all connections, too. */
  close(): Promise<void>;
}

const GOOD_KEY = '0123456789abcdef0123456789abcdef';
const HOSTS: readonly Host[] = ['api', 'r2', 'b2', 'images'];

export async function startCivitai(options: CivitaiOptions = {}): Promise<Civitai> {
  const requests: OpenRecord[] = [];
  const faults = new FaultQueue();
  const world = makeWorld(options);
  let rate = options.bytesPerSecond;

  const listener =
    (host: Host): RequestListener =>
    (message, response) => {
      const request = record(message, host, world.origins[host], (path) => routeOf(host, path));
      requests.push(request);
      // Who sends nothing along is answered at once.
      if (message.method !== 'POST') {
        message.resume();
        void deliver(prepare(request), response, request);
        return;
      }
      message.setEncoding('utf8');
      message.on('data', (text: string) => {
        request.body += text;
      });
      message.on('end', () => void deliver(prepare(request), response, request));
    };

  function prepare(request: OpenRecord): Delivery {
    const reply = answer(request, world);
    const { start, length } = reply.body;
    const right: Delivery = {
      reply,
      delay: options.latency ?? 0,
      bytesPerSecond: request.route === 'storage' ? rate : undefined,
      sent: length,
      ending: 'end',
    };
    const fault = faults.take(request, (offset) => offset >= start && offset < start + length);
    return fault === undefined ? right : applyFault(fault, right, request);
  }

  const listeners = await listenAll(options.port, listener, world);

  return {
    url: world.origins.api,
    origins: world.origins,
    goodKey: GOOD_KEY,
    account: world.account,
    requests,
    requestsTo: (route) => requests.filter((request) => request.route === route),
    fault: (fault) => faults.add(fault),
    setKeys: (keys) => acceptKeys(world, keys),
    moveFile: (fileId, host) => world.moved.set(fileId, host),
    expireUrls: () => world.signer.revokeAll(),
    setRate: (bytesPerSecond) => {
      rate = bytesPerSecond;
    },
    reset() {
      requests.length = 0;
      faults.clear();
      world.moved.clear();
      acceptKeys(world, options.keys ?? [GOOD_KEY]);
      Object.assign(world.account, newAccount());
      rate = options.bytesPerSecond;
    },
    async close() {
      await Promise.all(listeners.map((one) => one.close()));
    },
  };
}

function makeWorld(options: CivitaiOptions): World {
  return {
    origins: { api: '', r2: '', b2: '', images: '' },
    shelf: new Shelf(options.models ?? catalog),
    signer: new Signer(),
    keys: new Set(options.keys ?? [GOOD_KEY]),
    account: newAccount(),
    moved: new Map(),
    loginForAll: options.loginForAll ?? false,
    urlLifetime: options.urlLifetime,
  };
}

function newAccount(): Account {
  return { username: 'example_user', preferences: { size: 'full', fp: 'fp32' }, granted: [] };
}

function acceptKeys({ keys: accepted }: World, keys: readonly string[]): void {
  accepted.clear();
  for (const key of keys) accepted.add(key);
}

function listenAll(
  port: number | undefined,
  listener: (host: Host) => RequestListener,
  { origins }: World,
): Promise<Listener[]> {
  return Promise.all(
    HOSTS.map(async (host, index) => {
      const listening = await listen(port === undefined ? 0 : port + index, listener(host));
      origins[host] = listening.origin;
      return listening;
    }),
  );
}
