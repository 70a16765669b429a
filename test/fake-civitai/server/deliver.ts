import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bytes } from '../content/content.js';
import type { Reply } from './reply.js';
import type { OpenRecord } from './request.js';

/** How an answer goes out: what, when, how fast, and whether to its end. */
export interface Delivery {
  readonly reply: Reply;
  /** Milliseconds before the head. */
  readonly delay: number;
  /** Undefined: as fast as the connection takes it. */
  readonly bytesPerSecond: number | undefined;
  /** Bytes of the body that are sent. */
  readonly sent: number;
  /** What happens after them. With `reset` and nothing to send, not even the head is sent. */
  readonly ending: 'end' | 'stall' | 'reset' | 'close';
}

const CHUNK = 1024 * 1024;
const LIMITED_CHUNK = 256 * 1024;
/** Writing it sends the head, byte for byte; `flushHeaders` would encode it once more. */
const NOTHING = Buffer.alloc(0);
const LONGEST_TIMER = 2 ** 31 - 1;
/** A reset makes the peer forget what it has not read yet, so it gets this many milliseconds to read. */
const BEFORE_RESET = 25;

/** Sends an answer and keeps its record; gives up quietly when the client goes away. */
export async function deliver(
  delivery: Delivery,
  response: ServerResponse,
  record: OpenRecord,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    await send(delivery, response, record, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted && !response.destroyed) throw error;
  }
}

async function send(
  { reply, delay, bytesPerSecond, sent, ending }: Delivery,
  response: ServerResponse,
  record: OpenRecord,
  gone: AbortSignal,
): Promise<void> {
  if (delay > 0) await sleep(Math.min(delay, LONGEST_TIMER), undefined, { signal: gone });
  if (ending === 'reset' && sent === 0) {
    response.socket?.resetAndDestroy();
    return;
  }
  record.status = reply.status;
  response.writeHead(reply.status, reply.headers);
  if (record.method !== 'HEAD') {
    response.write(NOTHING);
    await sendBody(reply.body, sent, bytesPerSecond, response, record, gone);
  }
  await finish(ending, response, record, gone);
}

async function sendBody(
  { source, start }: Reply['body'],
  length: number,
  bytesPerSecond: number | undefined,
  response: ServerResponse,
  record: OpenRecord,
  gone: AbortSignal,
): Promise<void> {
  const chunk =
    bytesPerSecond === undefined ? CHUNK : Math.max(1, Math.min(LIMITED_CHUNK, bytesPerSecond / 20));
  const began = performance.now();
  while (record.bytesSent < length) {
    const count = Math.min(Math.ceil(chunk), length - record.bytesSent);
    if (bytesPerSecond !== undefined) {
      const due = ((record.bytesSent + count) / bytesPerSecond) * 1000;
      await sleep(Math.max(0, due - (performance.now() - began)), undefined, { signal: gone });
    }
    const isTaken = writeTogether(response, piecesOf(source, start + record.bytesSent, count));
    record.bytesSent += count;
    if (!isTaken) await once(response, 'drain', { signal: gone });
    gone.throwIfAborted();
  }
}

function piecesOf(source: Bytes, offset: number, length: number): Iterable<Buffer> {
  return source.pieces?.(offset, length) ?? [source.read(offset, length)];
}

/** @returns whether more may be written at once */
function writeTogether(response: ServerResponse, pieces: Iterable<Buffer>): boolean {
  let isTaken = true;
  response.cork();
  for (const piece of pieces) isTaken = response.write(piece);
  response.uncork();
  return isTaken;
}

async function finish(
  ending: Delivery['ending'],
  response: ServerResponse,
  record: OpenRecord,
  gone: AbortSignal,
): Promise<void> {
  switch (ending) {
    case 'end':
      record.completed = true;
      response.end();
      return;
    case 'close':
      response.socket?.destroySoon();
      return;
    case 'reset':
      await sleep(BEFORE_RESET, undefined, { signal: gone });
      response.socket?.resetAndDestroy();
      return;
    case 'stall':
      return;
  }
}
