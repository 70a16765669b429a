import { createServer } from 'node:net';
import { describe, expect, onTestFinished } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

/** What a peer sends that does not speak HTTP, or stops in the middle of it. */
const garbage: readonly (readonly [name: string, bytes: string])[] = [
  ['nothing', ''],
  ['a text', 'hello\r\n'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'],
  ['HTTP/2', '\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64'],
  ['a bare page', '<!doctype html><title>Sign in</title>'],
  ['another version', 'HTTP/3.0 200 OK\r\n\r\n'],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-Ty'],
  ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n{}'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
  ['chunks without sizes', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n'],
  ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"id":66,'],
  ['zeros', '\0'.repeat(200)],
];

/** Starts a peer that answers each connection with the same bytes, then closes it. */
async function peer(bytes: string): Promise<{ readonly url: string; readonly connections: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count++;
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.from(bytes, 'latin1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    connections: () => count,
  };
}

const { model } = ids.anything;
const download = (env: Record<string, string> = {}) =>
  runInProcess([String(model), 'models', '-i', '0'], sandbox, { env });
const backoff = [750, 1500, 3000];

describe('a peer that does not speak HTTP', () => {
  it.each(garbage)('in place of the API is a network failure, tried again: %s', async (_name, bytes) => {
    const { url, connections } = await peer(bytes);
    const { status, stderr, waits } = await download({ CIVITAI_BASE_URL: url });
    expect(stderr).toMatch(/\n66: The connection to \S+ broke \([A-Z_]+\)\.\n {2}Run the command again/);
    expect(status).toBe(5);
    expect(waits).toEqual(backoff);
    expect(connections()).toBe(4);
  });

  it.each(garbage)(
    'in place of the storage host is a network failure, tried again: %s',
    async (_name, bytes) => {
      const { url, connections } = await peer(bytes);
      civitai.fault({ on: 'download', kind: 'redirect', to: `${url}/file`, times: Number.POSITIVE_INFINITY });
      const { status, stderr } = await download();
      expect(stderr).toMatch(/connection to \S+ broke/);
      expect(status).toBe(5);
      expect(connections()).toBeGreaterThanOrEqual(4);
      expect(civitai.requestsTo('download')).toHaveLength(1);
      expect((await sandbox.tree()).filter((name) => name.endsWith('.ckpt'))).toEqual([]);
    },
  );

  it.each(garbage.slice(0, 6))('once does no harm: %s', async (_name, bytes) => {
    const { url } = await peer(bytes);
    civitai.fault({ on: 'storage', kind: 'redirect', to: `${url}/file` });
    civitai.fault({ on: 'model', kind: 'redirect', to: `${url}/file` });
    const { status } = await download();
    expect(status).toBe(0);
  });
});
