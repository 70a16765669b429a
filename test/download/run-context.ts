import { type CivitaiClient, createClient } from '../../src/civitai/client.js';
import { createSelection } from '../../src/civitai/selection.js';
import type { RunContext } from '../../src/download/context.js';
import type { DownloadEvent } from '../../src/download/events.js';
import { SubfolderFiles } from '../../src/download/folder-names.js';
import { createLimits } from '../../src/download/limits.js';
import { ReservedNames } from '../../src/download/reserved-names.js';
import { systemRuntime } from '../../src/download/runtime.js';
import type { Http } from '../../src/http/client.js';
import { mergeOptions, type PartialOptions } from '../../src/options/options.js';
import { basic } from '../../src/sorter/basic.js';

const noNetwork = () => Promise.reject(new Error('This test has no network.'));
const http: Http = {
  get: noNetwork,
  getFollowing: noNetwork,
  post: noNetwork,
  preconnect: () => {},
  close: async () => {},
};

export interface TestRun {
  readonly run: RunContext;
  readonly events: readonly DownloadEvent[];
}

/** Returns a context without a network and a cache, and the events that it collects. */
export function testRun(
  rootDir: string,
  given: PartialOptions = {},
  overrides: Partial<RunContext> = {},
): TestRun {
  const events: DownloadEvent[] = [];
  const emit = (event: DownloadEvent) => events.push(event);
  const runtime = systemRuntime({});
  const options = mergeOptions(given, { pauseTime: 0 });
  const { signal } = new AbortController();
  const retry = { retries: 0, sleep: runtime.sleep, random: runtime.random };
  const client: CivitaiClient = createClient({
    http,
    baseUrl: new URL('https://civitai.example'),
    hasKey: () => false,
    retry,
  });
  const run: RunContext = {
    runtime,
    options,
    choice: 'primary',
    selection: createSelection(options),
    rootDir,
    sorter: basic,
    layout: undefined,
    found: undefined,
    sidecars: { formats: [], previews: [], playsVideos: false },
    hasOriginalNames: false,
    reservedNames: new ReservedNames(),
    subfolders: new SubfolderFiles(),
    dryRun: false,
    forceSpace: false,
    signal,
    http,
    client,
    retry,
    cache: undefined,
    limits: createLimits({ runtime, options, rootDir, signal, emit }),
    seenFiles: new Map(),
    emit,
    trace: () => {},
    ...overrides,
  };
  return { run, events };
}
