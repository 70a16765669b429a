import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { corruptIndexError } from '../../cache/cache.js';
import { FileIndex } from '../../cache/file-index.js';
import { type ScanEvent, type ScanResult, scan } from '../../cache/scan.js';
import { createClient } from '../../civitai/client.js';
import { expandPath } from '../../config/alias.js';
import { readConfig } from '../../config/config.js';
import { openHttp, readBaseUrl } from '../../http/open-http.js';
import type { Context } from '../context.js';
import { configPath } from '../context.js';
import { exitStatus } from '../exit-status.js';
import {
  cacheJson,
  cacheLines,
  lookAtFiles,
  scanLine,
  scannedJson,
  scannedLines,
  scanPace,
} from '../report/cache-report.js';
import { describeProblem } from '../report/error-report.js';
import { count } from '../terminal/format.js';
import type { LiveRegion } from '../terminal/live-region.js';
import { progressBar } from '../terminal/progress-bar.js';
import { Speed } from '../terminal/speed.js';
import { createStyle, type Style, wantsColors } from '../terminal/style.js';

/** What `civitconfig cache` is to do; where nothing is asked for, it tells what is remembered. */
export interface CacheRequest {
  /** Path of the folder whose files are to be remembered; it may start with an alias. */
  readonly scan: string | undefined;
  readonly clear: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Tells which files are remembered, or fills or empties that memory.
 * @returns the exit status
 * @throws what keeps it from doing so
 */
export async function configureCache(request: CacheRequest, context: Context): Promise<number> {
  const { stderr, stdout, lock, now } = context;
  const folder = resolve(context.cwd, await context.cacheDir());
  const index = new FileIndex(folder, {
    lock,
    now,
    onCorrupt: (broken) => stderr.write(`warning: ${describeProblem(corruptIndexError(broken)).message}\n`),
  });
  if (request.scan !== undefined) {
    return scanFolder(request.scan, index, request, context);
  }
  const files = [...(await index.all()).values()];
  if (request.clear) {
    await index.clear();
    const said = `${count(files.length, 'file')} forgotten; none was deleted.`;
    stdout.write(request.json ? `${JSON.stringify({ forgotten: files.length })}\n` : `${said}\n`);
    return exitStatus.done;
  }
  const looked = lookAtFiles(files);
  if (request.json) stdout.write(`${JSON.stringify(cacheJson(folder, looked))}\n`);
  else for (const line of cacheLines(folder, looked, stdout.columns)) stdout.write(`${line}\n`);
  return exitStatus.done;
}

/** Only once more: whose the files are is good to know, not more. */
const RETRIES = 1;

/**
 * Remembers all model files below a folder.
 * @param typed its path, which may start with an alias
 * @returns the exit status
 * @throws what keeps it from starting
 */
async function scanFolder(
  typed: string,
  index: FileIndex,
  { json, verbose }: Pick<CacheRequest, 'json' | 'verbose'>,
  context: Context,
): Promise<number> {
  const { stdout, stderr, interrupted: signal, now } = context;
  const config = await readConfig(await configPath(context));
  const folder = await expandPath(typed, config.aliases, context);
  const style = createStyle(wantsColors(context, true));
  const bar = stderr.isTTY ? await openBar(context) : undefined;
  const say = (line: string) => {
    if (bar) bar.live.print(`${line}\n`);
    else stderr.write(`${line}\n`);
  };
  const trace = verbose ? (line: string) => say(style.dim(`  ${line}`)) : undefined;
  const client = await openClient(trace, context);
  const emit = bar ? showOn(bar, say, style) : showLines(say, style, now);
  try {
    const getOwners = (hashes: readonly string[]) => client.getOwners(hashes, signal);
    const threads = availableParallelism();
    const scanned = await scan(folder, { index, getOwners, signal, threads, now, emit });
    bar?.live.close();
    if (json) stdout.write(`${JSON.stringify(scannedJson(folder, scanned))}\n`);
    else for (const line of scannedLines(scanned)) stdout.write(`${line}\n`);
    return statusOf(scanned);
  } finally {
    bar?.live.close();
    await client.close();
  }
}

/** No key is needed to ask whose a file is, so none is sent. */
async function openClient(trace: ((line: string) => void) | undefined, context: Context) {
  const baseUrl = await readBaseUrl(context.env);
  const http = await openHttp(context, baseUrl, undefined, trace);
  const { sleep, random } = context;
  const retry = { retries: RETRIES, sleep, random, onRetry: () => {} };
  return { ...createClient({ http, baseUrl, hasKey: false, retry }), close: () => http.close() };
}

/** A bar of all bytes that are to be read. */
interface Bar {
  readonly live: LiveRegion;
  update(read: number, total: number): void;
}

async function openBar(context: Context): Promise<Bar> {
  const { LiveRegion } = await import('../terminal/live-region.js');
  const speed = new Speed();
  const track = { label: 'reading', unit: 'bytes', value: 0, total: 0 } as const;
  let now = { ...track } as { value: number; total: number };
  const line = (columns: number) =>
    progressBar({ ...track, ...now, bytesPerSecond: speed.bytesPerSecond }, columns);
  const live = new LiveRegion(context, ({ columns }) => [line(columns)]);
  return {
    live,
    update: (value, total) => {
      now = { value, total };
      speed.add(value, context.now());
      if (total > 0) live.open();
    },
  };
}

/** On a terminal: a bar, and lines only of what is wrong. */
function showOn(bar: Bar, say: (line: string) => void, style: Style): (event: ScanEvent) => void {
  let total = 0;
  return (event) => {
    if (event.type === 'found') {
      total = event.bytes;
      bar.update(0, total);
    } else if (event.type === 'progress') bar.update(event.read, total);
    else if (event.type !== 'checked') for (const line of scanLine(event, style)) say(line);
  };
}

function showLines(say: (line: string) => void, style: Style, now: () => number): (event: ScanEvent) => void {
  const pace = scanPace(now);
  return (event) => {
    for (const line of event.type === 'progress' ? pace(event.read) : scanLine(event, style)) say(line);
  };
}

function statusOf({ isInterrupted, damaged, unreadable, checked, known }: ScanResult): number {
  if (isInterrupted) return exitStatus.interrupted;
  if (damaged.length + unreadable === 0) return exitStatus.done;
  return checked.length + known > 0 ? exitStatus.partly : exitStatus.other;
}
