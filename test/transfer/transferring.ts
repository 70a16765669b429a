import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createClient } from '../../src/civitai/client.js';
import { createLock } from '../../src/disk/lock.js';
import type { CivitdlError } from '../../src/errors.js';
import { createHttp } from '../../src/http/client.js';
import { createHttp1Client } from '../../src/http/http1/client.js';
import { createDispatcher } from '../../src/http/undici.js';
import type { TransferEvent, TransferOptions } from '../../src/transfer/request.js';
import { transfer } from '../../src/transfer/transfer.js';
import type { Tuning } from '../../src/transfer/tuning.js';
import type { CatalogFile } from '../fake-civitai/catalog/entry.js';
import { file, model, version } from '../fake-civitai/catalog.js';
import type { Civitai } from '../fake-civitai/civitai.js';
import { content } from '../fake-civitai/content/content.js';
import type { Sandbox } from '../harness/sandbox.js';

const KiB = 1024;

/** A file of some megabytes, and everything about a transfer so much smaller that it goes as one of gigabytes would. */
export const size = 3 * KiB * KiB + 12_345;
export const tuning: Tuning = {
  parallelFrom: 0,
  minSegment: 128 * KiB,
  maxSegment: 256 * KiB,
  minShare: 32 * KiB,
  tickMs: 5,
  firstJournalMs: 20,
  journalMs: 20,
  checkpointBytes: 512 * KiB,
  checkpointMs: 100,
  eager: true,
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

/** How a transfer ended, and what it said on the way. */
export interface Transferring {
  readonly error: CivitdlError | undefined;
  readonly notices: readonly TransferEvent[];
  /** Whether the file is there with the right bytes; undefined when it is not there. */
  readonly isRight: boolean | undefined;
  readonly resumed: number | undefined;
  /** What lies in the folder. */
  readonly names: readonly string[];
  /** Milliseconds that were to be waited, none of which passed. */
  readonly waits: readonly number[];
}

export interface Given
  extends Partial<Pick<TransferOptions, 'maxConnections' | 'throttle' | 'tuning' | 'signal' | 'onEvent'>> {
  readonly sha256?: string | undefined;
  readonly size?: number | undefined;
  readonly networkTimeout?: number;
  readonly onProgress?: TransferOptions['onProgress'];
}

/** Transfers the example from the fake server into a folder. */
export async function transferExample(
  civitai: Civitai,
  box: Sandbox,
  given: Given = {},
): Promise<Transferring> {
  const {
    maxConnections = 1,
    signal = new AbortController().signal,
    networkTimeout: timeout = 5_000,
  } = given;
  const waits: number[] = [];
  const notices: TransferEvent[] = [];
  const http = createHttp({
    dispatcher: await createDispatcher({ timeout }),
    http1: createHttp1Client({ timeout }),
    userAgent: 'test',
    now: Date.now,
  });
  const retry = { retries: 3, random: () => 0.5, sleep: async (ms: number) => void waits.push(ms) };
  const client = createClient({ http, baseUrl: new URL(civitai.url), hasKey: false, retry });
  const target = box.path('models', example.name);
  const address = { versionId: 900_001, fileId: example.id, name: example.name };
  const ended = await transfer(
    {
      target,
      fileKey: 'example',
      size: 'size' in given ? given.size : size,
      sha256: 'sha256' in given ? given.sha256 : sha256,
      fetchUrl: (locating) => client.getDownloadUrl(address, locating),
    },
    {
      http,
      retry,
      lock,
      signal,
      maxConnections,
      throttle: given.throttle,
      tuning: given.tuning ?? tuning,
      monotonic: () => performance.now(),
      onProgress: given.onProgress ?? (() => {}),
      onEvent: (notice) => {
        notices.push(notice);
        given.onEvent?.(notice);
      },
    },
  )
    .catch((error: CivitdlError) => error)
    .finally(() => http.close());
  const bytes = await readFile(target).catch(() => undefined);
  return {
    error: ended instanceof Error ? ended : undefined,
    resumed: ended instanceof Error ? undefined : ended.resumed,
    notices,
    isRight: bytes && createHash('sha256').update(bytes).digest('hex') === sha256,
    names: await box.tree(),
    waits,
  };
}
