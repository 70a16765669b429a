import type { RequestListener } from 'node:http';
import type { StorageHost } from './catalog/entry.js';
import { type CatalogModel, catalog, ids } from './catalog.js';
import { answer, routeOf } from './routes/routes.js';
import { applyFault } from './server/apply-fault.js';
import { CatalogIndex } from './server/catalog-index.js';
import { type Delivery, deliver } from './server/deliver.js';
import { type Fault, FaultQueue } from './server/faults.js';
import { type Listener, listen } from './server/listen.js';
import { type Host, type OpenRecord, type RecordedRequest, type Route, record } from './server/request.js';
import { Signer } from './server/signer.js';
import type { Account, CollectionItem, ServerState } from './server/state.js';

export { dailyLimit, type FaultKind } from './server/faults.js';
export type { RecordedRequest, Route } from './server/request.js';

export interface CivitaiOptions {
  /** The whole catalog by default. */
  readonly models?: readonly CatalogModel[];
  /** Names of users without models. */
  readonly users?: readonly string[];
  /** The items of collections by the id of the collection; a collection 104 with one model by default. */
  readonly collections?: Readonly<Record<number, readonly CollectionItem[]>>;
  /** Whether counts change while a list is read: the last model of a page comes again in the next. */
  readonly isMoving?: boolean;
  /** A delay before each answer. */
  readonly latencyMs?: number;
  /** Lifetime of signed URLs, as a whole number; 86400 on R2 and 3600 on B2 by default. */
  readonly urlLifetimeSeconds?: number;
  /** The limit of each connection to a storage host. */
  readonly bytesPerSecond?: number;
  /** Accepted keys; `goodKey` by default. */
  readonly keys?: readonly string[];
  /** Whether all downloads need a key. */
  readonly loginForAll?: boolean;
  /** The port of the API. The storage and image hosts use the next three. Free ports by default. */
  readonly port?: number;
}

/** A fake Civitai server: four servers on the loopback address that record requests and fail on demand. */
export interface Civitai {
  /** The origin of the API. */
  readonly url: string;
  readonly origins: Readonly<Record<Host, string>>;
  /** A key that is accepted. */
  readonly goodKey: string;
  /** The account of all accepted keys, which a test may change. It prefers other files than anonymous callers get. */
  readonly account: Account;
  /** All requests to all hosts, in order. */
  readonly requests: readonly RecordedRequest[];
  requestsTo(route: Route): RecordedRequest[];
  /** Adds a fault for the next matching request. */
  fault(fault: Fault): void;
  /** Replaces the accepted keys. */
  setKeys(keys: readonly string[]): void;
  /** Moves a file to another storage host: its signed URLs point there from now on. */
  moveFile(fileId: number, host: StorageHost): void;
  /** Makes all signed URLs so far expire. */
  expireUrls(): void;
  /** Limits each connection to a storage host; undefined for no limit. */
  setRate(bytesPerSecond: number | undefined): void;
  /** Clears requests, faults and moved files, and restores keys, account and rate. */
  reset(): void;
  /** Closes the servers and all connections. */
  close(): Promise<void>;
}

const GOOD_KEY = '0123456789abcdef0123456789abcdef';
const DEFAULT_COLLECTIONS: NonNullable<CivitaiOptions['collections']> = {
  104: [{ type: 'model', id: ids.anything.model }],
};
const HOSTS: readonly Host[] = ['api', 'r2', 'b2', 'images'];

export async function startCivitai(options: CivitaiOptions = {}): Promise<Civitai> {
  const requests: OpenRecord[] = [];
  const faults = new FaultQueue();
  const state = createState(options);
  let rate = options.bytesPerSecond;

  const listener =
    (host: Host): RequestListener =>
    (message, response) => {
      const request = record(message, host, state.origins[host], (path) => routeOf(host, path));
      requests.push(request);
      // A request without a body is answered at once.
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
    const reply = answer(request, state);
    const { start, length } = reply.body;
    const right: Delivery = {
      reply,
      delayMs: options.latencyMs ?? 0,
      bytesPerSecond: request.route === 'storage' ? rate : undefined,
      sent: length,
      bodyEnd: 'end',
    };
    const fault = faults.take(request, (offset) => offset >= start && offset < start + length);
    return fault === undefined ? right : applyFault(fault, right, request);
  }

  const listeners = await listenAll(options.port, listener, state);

  return {
    url: state.origins.api,
    origins: state.origins,
    goodKey: GOOD_KEY,
    account: state.account,
    requests,
    requestsTo: (route) => requests.filter((request) => request.route === route),
    fault: (fault) => faults.add(fault),
    setKeys: (keys) => acceptKeys(state, keys),
    moveFile: (fileId, host) => state.moved.set(fileId, host),
    expireUrls: () => state.signer.revokeAll(),
    setRate: (bytesPerSecond) => {
      rate = bytesPerSecond;
    },
    reset() {
      requests.length = 0;
      faults.clear();
      state.moved.clear();
      acceptKeys(state, options.keys ?? [GOOD_KEY]);
      Object.assign(state.account, newAccount());
      rate = options.bytesPerSecond;
    },
    async close() {
      await Promise.all(listeners.map((one) => one.close()));
    },
  };
}

function createState(options: CivitaiOptions): ServerState {
  return {
    origins: { api: '', r2: '', b2: '', images: '' },
    catalog: new CatalogIndex(options.models ?? catalog),
    signer: new Signer(),
    keys: new Set(options.keys ?? [GOOD_KEY]),
    account: newAccount(),
    users: options.users ?? [],
    collections: new Map(
      Object.entries(options.collections ?? DEFAULT_COLLECTIONS).map(([id, items]) => [Number(id), items]),
    ),
    isMoving: options.isMoving ?? false,
    moved: new Map(),
    loginForAll: options.loginForAll ?? false,
    urlLifetimeSeconds: options.urlLifetimeSeconds,
  };
}

function newAccount(): Account {
  return {
    username: 'example_user',
    preferences: { size: 'full', fp: 'fp32' },
    granted: [],
    favorites: [ids.anything.model],
  };
}

function acceptKeys({ keys: accepted }: ServerState, keys: readonly string[]): void {
  accepted.clear();
  for (const key of keys) accepted.add(key);
}

function listenAll(
  port: number | undefined,
  listener: (host: Host) => RequestListener,
  { origins }: ServerState,
): Promise<Listener[]> {
  return Promise.all(
    HOSTS.map(async (host, index) => {
      const listening = await listen(port === undefined ? 0 : port + index, listener(host));
      origins[host] = listening.origin;
      return listening;
    }),
  );
}
