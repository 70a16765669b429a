import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bytes } from '../content/content.js';
import type { Reply } from './reply.js';
import type { OpenRecord } from './request.js';

/** An answer, and how it is sent. */
export interface Delivery {
  readonly reply: Reply;
  /** Before the head. */
  readonly delayMs: number;
  /** Undefined for no limit. */
  readonly bytesPerSecond: number | undefined;
  /** Bytes of the body that are sent. */
  readonly sent: number;
  /** What follows these bytes. With `reset` and 0 bytes, the head is not sent either. */
  readonly bodyEnd: 'end' | 'stall' | 'reset' | 'close';
}

const CHUNK_BYTES = 1024 * 1024;
const LIMITED_CHUNK_BYTES = 256 * 1024;
/** Writing it sends the head as it is; `flushHeaders` would encode it once more. */
const EMPTY = Buffer.alloc(0);
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Time for the client to read what was sent: a reset discards what it has not read yet. */
const RESET_DELAY_MS = 25;

/** Sends an answer and updates its record. Returns early if the client disconnects. */
export async function deliver(
  delivery: Delivery,
  response: ServerResponse,
  record: OpenRecord,
): Promise<void> {
  const disconnected = new AbortController();
  response.once('close', () => disconnected.abort());
  try {
    await send(delivery, response, record, disconnected.signal);
  } catch (error) {
    if (!disconnected.signal.aborted && !response.destroyed) throw error;
  }
}

async function send(
  { reply, delayMs, bytesPerSecond, sent, bodyEnd }: Delivery,
  response: ServerResponse,
  record: OpenRecord,
  disconnected: AbortSignal,
): Promise<void> {
  if (delayMs > 0) await sleep(Math.min(delayMs, MAX_TIMER_MS), undefined, { signal: disconnected });
  if (bodyEnd === 'reset' && sent === 0) {
    response.socket?.resetAndDestroy();
    return;
  }
  record.status = reply.status;
  // Otherwise Node would send chunks, whose end shows.
  if (bodyEnd === 'close' && !('content-length' in reply.headers)) response.removeHeader('transfer-encoding');
  response.writeHead(reply.status, reply.headers);
  if (record.method !== 'HEAD') {
    response.write(EMPTY);
    await sendBody(reply.body, sent, bytesPerSecond, response, record, disconnected);
  }
  await finish(bodyEnd, response, record, disconnected);
}

async function sendBody(
  { source, start }: Reply['body'],
  length: number,
  bytesPerSecond: number | undefined,
  response: ServerResponse,
  record: OpenRecord,
  disconnected: AbortSignal,
): Promise<void> {
  const chunk =
    bytesPerSecond === undefined
      ? CHUNK_BYTES
      : Math.max(1, Math.min(LIMITED_CHUNK_BYTES, bytesPerSecond / 20));
  const startedAt = performance.now();
  while (record.bytesSent < length) {
    const count = Math.min(Math.ceil(chunk), length - record.bytesSent);
    if (bytesPerSecond !== undefined) {
      const due = ((record.bytesSent + count) / bytesPerSecond) * 1000;
      await sleep(Math.max(0, due - (performance.now() - startedAt)), undefined, { signal: disconnected });
    }
    const canWriteMore = writeCorked(response, chunksOf(source, start + record.bytesSent, count));
    record.bytesSent += count;
    if (!canWriteMore) await once(response, 'drain', { signal: disconnected });
    disconnected.throwIfAborted();
  }
}

function chunksOf(source: Bytes, offset: number, length: number): Iterable<Buffer> {
  return source.chunks?.(offset, length) ?? [source.read(offset, length)];
}

/** @returns whether more may be written without waiting */
function writeCorked(response: ServerResponse, chunks: Iterable<Buffer>): boolean {
  let canWriteMore = true;
  // Node 24 emits no `drain` after corked chunks.
  const isCorked = !response.chunkedEncoding;
  if (isCorked) response.cork();
  for (const chunk of chunks) canWriteMore = response.write(chunk);
  if (isCorked) response.uncork();
  return canWriteMore;
}

async function finish(
  bodyEnd: Delivery['bodyEnd'],
  response: ServerResponse,
  record: OpenRecord,
  disconnected: AbortSignal,
): Promise<void> {
  switch (bodyEnd) {
    case 'end':
      record.completed = true;
      response.end();
      return;
    case 'close':
      response.socket?.destroySoon();
      return;
    case 'reset':
      await sleep(RESET_DELAY_MS, undefined, { signal: disconnected });
      response.socket?.resetAndDestroy();
      return;
    case 'stall':
      return;
  }
}
