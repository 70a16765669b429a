import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createClient } from '../../src/civitai/client.js';
import { createLock } from '../../src/disk/lock.js';
import type { CivitdlError } from '../../src/errors.js';
import { createHttp } from '../../src/http/client.js';
import { createHttp1Client } from '../../src/http/http1/client.js';
import type { Throttle } from '../../src/http/rate-limiter.js';
import { createDispatcher } from '../../src/http/undici.js';
import type { TransferOptions } from '../../src/transfer/request.js';
import { transfer } from '../../src/transfer/transfer.js';
import type { TransferEvent } from '../../src/transfer/transfer-event.js';
import type { Tuning } from '../../src/transfer/tuning.js';
import type { CatalogFile } from '../fake-civitai/catalog/entry.js';
import { file, model, version } from '../fake-civitai/catalog.js';
import type { Civitai } from '../fake-civitai/civitai.js';
import { content } from '../fake-civitai/content/content.js';
import type { Sandbox } from '../harness/sandbox.js';

const KiB = 1024;

/** A file of some megabytes, with a tuning so small that its transfer works like one of gigabytes. */
export const size = 3 * KiB * KiB + 12_345;
export const tuning: Tuning = {
  parallelFrom: 0,
  minSegment: 128 * KiB,
  initialSegment: 128 * KiB,
  maxSegment: 256 * KiB,
  minShare: 32 * KiB,
  tickMs: 5,
  firstJournalMs: 20,
  journalMs: 20,
  checkpointBytes: 512 * KiB,
  checkpointMs: 100,
};

export const example: CatalogFile = file({ id: 900_002, name: 'example.safetensors', size });
export const models = [
  model({
    id: 900_000,
    name: 'Example',
    versions: [version({ id: 900_001, name: 'v1', files: [example] })],
  }),
];
export const right = content(example.seed, size, 'safetensors').read(0, size);
const sha256 = createHash('sha256').update(right).digest('hex');

export const lock = createLock({ pid: process.pid, isRunning: () => true });

/** The outcome and the events of a transfer. */
export interface Transferring {
  readonly error: CivitdlError | undefined;
  readonly events: readonly TransferEvent[];
  /** Whether the file has the right bytes; undefined if missing. */
  readonly isRight: boolean | undefined;
  readonly resumed: number | undefined;
  /** Names in the folder. */
  readonly names: readonly string[];
  /** Waits in milliseconds, which were skipped. */
  readonly waits: readonly number[];
}

export interface Given {
  readonly maxConnections?: number;
  readonly throttle?: Throttle;
  readonly tuning?: Tuning;
  readonly signal?: AbortSignal;
  readonly onEvent?: TransferOptions['onEvent'];
  readonly partFileSystem?: TransferOptions['partFileSystem'];
  readonly sha256?: string | undefined;
  readonly size?: number | undefined;
  readonly networkTimeout?: number;
  readonly onProgress?: TransferOptions['onProgress'];
}

/** Transfers the example from the fake server into a folder. */
export async function transferExample(
  civitai: Civitai,
  sandbox: Sandbox,
  given: Given = {},
): Promise<Transferring> {
  const {
    maxConnections = 1,
    signal = new AbortController().signal,
    networkTimeout: timeout = 5_000,
  } = given;
  const waits: number[] = [];
  const events: TransferEvent[] = [];
  const http = createHttp({
    dispatcher: await createDispatcher({ timeoutMs: timeout }),
    http1: createHttp1Client({ timeoutMs: timeout }),
    userAgent: 'test',
    now: Date.now,
  });
  const retry = { retries: 3, random: () => 0.5, sleep: async (ms: number) => void waits.push(ms) };
  const client = createClient({ http, baseUrl: new URL(civitai.url), hasKey: () => false, retry });
  const target = sandbox.path('models', example.name);
  const address = { versionId: 900_001, fileId: example.id, name: example.name };
  const ended = await transfer(
    {
      target,
      fileKey: 'example',
      size: 'size' in given ? given.size : size,
      sha256: 'sha256' in given ? given.sha256 : sha256,
      fetchUrl: (fetchSignal) => client.getDownloadUrl(address, fetchSignal),
    },
    {
      http,
      retry,
      lock,
      signal,
      maxConnections,
      throttle: given.throttle,
      tuning: given.tuning ?? tuning,
      ...(given.partFileSystem && { partFileSystem: given.partFileSystem }),
      monotonic: () => performance.now(),
      onProgress: given.onProgress ?? (() => {}),
      onEvent: (event) => {
        events.push(event);
        given.onEvent?.(event);
      },
    },
  )
    .catch((error: CivitdlError) => error)
    .finally(() => http.close());
  const bytes = await readFile(target).catch(() => undefined);
  return {
    error: ended instanceof Error ? ended : undefined,
    resumed: ended instanceof Error ? undefined : ended.resumed,
    events,
    isRight: bytes && createHash('sha256').update(bytes).digest('hex') === sha256,
    names: await sandbox.tree(),
    waits,
  };
}
