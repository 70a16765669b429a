import { availableParallelism } from 'node:os';
import type { SingleBar } from 'cli-progress';
import { corruptIndexError } from '../../cache/cache.js';
import { FileIndex, type FileIndexOptions } from '../../cache/file-index.js';
import { FinishedIndex } from '../../cache/finished-index.js';
import { type ScanEvent, type ScanResult, scan } from '../../cache/scan.js';
import { createClient } from '../../civitai/client.js';
import { expandPath } from '../../config/alias.js';
import { readConfig } from '../../config/config.js';
import type { Config } from '../../config/schema.js';
import { withNetworkOptions } from '../../http/network-options.js';
import { openHttp, readBaseUrl } from '../../http/open-http.js';
import { mergeOptions } from '../../options/options.js';
import { type Context, cacheDir, configPath } from '../context.js';
import { exitStatus } from '../exit-status.js';
import { type PrintLine, printJson, printLines } from '../print.js';
import {
  cacheJson,
  cacheLines,
  heartbeatLines,
  readFileStates,
  scanEventLines,
  scanResultJson,
  scanResultLines,
} from '../report/cache-report.js';
import { describeProblem } from '../report/error-report.js';
import { count } from '../terminal/format.js';
import { Speed } from '../terminal/speed.js';
import { createStyle, type Style, wantsColors } from '../terminal/style.js';

/** Options of `civitconfig cache`, which without an action only lists. */
export interface CacheOptions {
  /** The folder to scan; may start with an alias. */
  readonly scan: string | undefined;
  readonly clear: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Once is enough: the owners of the files are good to know, but not needed. */
const OWNER_RETRIES = 1;

/**
 * Lists the files in the cache, adds files to it, or clears it.
 * @returns the exit status
 * @throws FileSystemError, UsageError
 */
export async function runCache(options: CacheOptions, context: Context): Promise<number> {
  const { stderr, stdout, lock, now } = context;
  const folder = await cacheDir(context);
  const indexOptions: FileIndexOptions = {
    lock,
    now,
    onCorrupt: (corrupt) => stderr.write(`warning: ${describeProblem(corruptIndexError(corrupt)).message}\n`),
  };
  const index = new FileIndex(folder, indexOptions);
  if (options.scan !== undefined) return scanFolder(options.scan, index, options, context);
  const files = [...(await index.all()).values()];
  if (options.clear) {
    await index.clear();
    await new FinishedIndex(folder, indexOptions).clear();
    const message = `${count(files.length, 'file')} removed from the cache, none deleted from disk.`;
    if (options.json) printJson(stdout, { forgotten: files.length });
    else printLines(stdout, [message]);
    return exitStatus.done;
  }
  const states = readFileStates(files);
  if (options.json) printJson(stdout, cacheJson(folder, states));
  else printLines(stdout, cacheLines(folder, states, stdout.columns));
  return exitStatus.done;
}

async function scanFolder(
  typedFolder: string,
  index: FileIndex,
  { json, verbose }: CacheOptions,
  context: Context,
): Promise<number> {
  const { stdout, stderr, interrupted: signal, now } = context;
  const config = await readConfig(await configPath(context));
  const folder = await expandPath(typedFolder, config.aliases, context);
  const style = createStyle(wantsColors(context, true));
  const bar = stderr.isTTY ? await openBar(context) : undefined;
  const print = (line: string) => {
    if (bar) bar.print(line);
    else stderr.write(`${line}\n`);
  };
  const trace = verbose ? (line: string) => print(style.dim(`  ${line}`)) : undefined;
  const client = await openClient(trace, config, context);
  const emit = bar ? emitToBar(bar, print, style) : emitLines(print, style, now);
  try {
    const getOwners = (hashes: readonly string[]) => client.getOwners(hashes, signal);
    const threads = availableParallelism();
    const scanned = await scan(folder, { index, getOwners, signal, threads, now, emit });
    bar?.close();
    if (json) printJson(stdout, scanResultJson(folder, scanned));
    else printLines(stdout, scanResultLines(scanned));
    return scanStatus(scanned);
  } finally {
    bar?.close();
    await client.close();
  }
}

function scanStatus({ isInterrupted, damaged, unreadable, checked, known }: ScanResult): number {
  if (isInterrupted) return exitStatus.interrupted;
  if (damaged.length + unreadable === 0) return exitStatus.done;
  return checked.length + known > 0 ? exitStatus.partly : exitStatus.other;
}

/** Opens a client without a key: asking for owners needs none. */
async function openClient(trace: PrintLine | undefined, { defaults }: Config, context: Context) {
  const baseUrl = readBaseUrl(context.env);
  const runtime = withNetworkOptions(context, mergeOptions(defaults));
  const http = await openHttp(runtime, baseUrl, undefined, trace);
  const { sleep, random } = context;
  const retry = { retries: OWNER_RETRIES, sleep, random, onRetry: () => {} };
  return {
    ...createClient({ http, baseUrl, hasKey: () => false, retry, trace }),
    close: () => http.close(),
  };
}

/** A bar for the bytes that are read. */
interface Bar {
  update(read: number, total: number): void;
  print(line: string): void;
  close(): void;
}

async function openBar(context: Context): Promise<Bar> {
  const { LiveRegion } = await import('../terminal/live-region.js');
  const region = new LiveRegion(context);
  const state = { label: 'reading', unit: 'bytes', value: 0, bytesPerSecond: undefined } as const;
  const speed = new Speed();
  let bar: SingleBar | undefined;
  return {
    update: (read, total) => {
      speed.add(read, context.now());
      if (total > 0) bar ??= region.addBar({ ...state, total });
      bar?.update(read, { bytesPerSecond: speed.bytesPerSecond, msLeft: speed.msLeft(total - read) });
    },
    print: (line) => region.print(line),
    close: () => region.close(),
  };
}

/** Shows the progress in a bar, and prints lines of problems only. */
function emitToBar(bar: Bar, print: PrintLine, style: Style): (event: ScanEvent) => void {
  let total = 0;
  return (event) => {
    if (event.type === 'found') {
      total = event.bytes;
      bar.update(0, total);
    } else if (event.type === 'progress') bar.update(event.read, total);
    else if (event.type !== 'checked') for (const line of scanEventLines(event, style)) print(line);
  };
}

function emitLines(print: PrintLine, style: Style, now: () => number): (event: ScanEvent) => void {
  const heartbeat = heartbeatLines(now);
  return (event) => {
    const lines = event.type === 'progress' ? heartbeat(event.read) : scanEventLines(event, style);
    for (const line of lines) print(line);
  };
}
