import { onTestFinished } from 'vitest';
import { toNetworkError } from '../../../src/http/errors.js';
import { createHttp1Client } from '../../../src/http/http1/client.js';
import type { RawResponse } from '../../../src/http/undici.js';
import { type RawRequest, type RawServerOptions, rawServer } from '../../harness/raw-server.js';

export type Answer = (request: RawRequest) => unknown;

export const READ_SIZE = 1_024;
/** A timeout that never expires in a test. */
const LONG_MS = 10_000;

interface GetOptions {
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly readSize?: number;
  readonly pipeline?: object;
}

/** Starts a server that answers byte by byte, and opens a client for it. */
export async function startExchange(
  answer: Answer,
  { timeoutMs = LONG_MS, ...options }: RawServerOptions & { readonly timeoutMs?: number } = {},
) {
  const server = await rawServer(answer, options);
  const { client, get } = openClient(server.url, timeoutMs);
  return { ...server, client, get };
}

export function openClient(url: URL, timeoutMs = LONG_MS) {
  const client = createHttp1Client({ timeoutMs });
  onTestFinished(() => client.close());
  const get = ({
    headers = {},
    signal = new AbortController().signal,
    readSize = READ_SIZE,
    pipeline,
  }: GetOptions = {}) => client.exchange(url, headers, { signal, readSize, pipeline });
  return { client, get };
}

/** Sends texts and keeps the connection open. */
export const send =
  (...texts: readonly string[]): Answer =>
  ({ socket }) => {
    for (const text of texts) socket.write(text, 'latin1');
  };

export const sendAndEnd =
  (text: string): Answer =>
  ({ socket }) =>
    socket.end(text, 'latin1');

export const hello = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello';

/** Bytes that differ from their neighbours at any distance. */
export const makeContent = (length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) % 256));

export async function readText(response: RawResponse): Promise<string> {
  const chunks: Buffer[] = [];
  await response.receive((chunk) => {
    chunks.push(Buffer.from(chunk));
    return undefined;
  });
  return Buffer.concat(chunks).toString('latin1');
}

/** Reads a body with a sink that takes every third chunk at once and each other one after a while. */
export async function readSlowly(response: RawResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let isPending = false;
  await response.receive((chunk) => {
    if (isPending) throw new Error('A chunk arrived while another one was pending.');
    chunks.push(Buffer.from(chunk));
    if (chunks.length % 3 === 0) return undefined;
    isPending = true;
    const pending = chunks.length % 2 === 0 ? nextTurn() : nextTurn().then(nextTurn);
    return pending.then(() => {
      isPending = false;
    });
  });
  return Buffer.concat(chunks);
}

/** Returns the error of a request as a user sees it. */
export async function networkErrorOf(promise: Promise<unknown>, url: URL): Promise<unknown> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return toNetworkError(error, url, new AbortController().signal);
}

export const idle = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
export const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await idle(1);
}
