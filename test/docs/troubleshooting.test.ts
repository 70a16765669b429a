import { beforeEach, describe, expect, onTestFinished, vi } from 'vitest';
import { dailyLimit, type FaultKind, type Route } from '../fake-civitai/civitai.js';
import { setFaults } from '../harness/faulty-fs.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { startHttpsCivitai } from '../harness/https-civitai.js';
import { runInProcess } from '../harness/in-process.js';
import { startProxy } from '../harness/proxy.js';
import { readPage } from './page.js';

vi.mock('node:fs', async (original) => (await import('../harness/faulty-fs.js')).faultyFs(await original()));

beforeEach(() => void setFaults());

type Environment = Record<string, string>;

const fault = (on: Route, kind: FaultKind) => async (): Promise<Environment> => {
  civitai.fault({ on, ...kind, times: Number.POSITIVE_INFINITY });
  return {};
};
const status = (code: number, headers: Record<string, string> = {}): FaultKind => ({
  kind: 'status',
  status: code,
  headers,
});

/** Starts Civitai behind a proxy, under names that only the proxy knows, with a certificate that nobody trusts. */
async function behindProxy(credentials?: string): Promise<Environment> {
  const server = await startHttpsCivitai(civitai);
  const proxy = await startProxy({ ...(credentials && { credentials }), route: () => server.port });
  onTestFinished(async () => {
    await proxy.close();
    await server.close();
  });
  return { CIVITAI_BASE_URL: server.url, HTTPS_PROXY: proxy.url.replace(/\/\/.*@/, '//') };
}

/** What causes the messages that the examples of the page cannot cause, with the exit statuses. */
const causes: Readonly<Record<string, readonly [exitStatus: number, cause: () => Promise<Environment>]>> = {
  region: [3, fault('model', status(451))],
  'daily-limit': [6, fault('download', dailyLimit)],
  'rate-limited': [6, fault('model', status(429))],
  guarded: [5, fault('model', status(403, { 'cf-mitigated': 'challenge' }))],
  server: [5, fault('model', status(503))],
  'proxy-password': [5, () => behindProxy('somebody:secret')],
  'proxy-down': [
    5,
    async () => ({ CIVITAI_BASE_URL: 'https://civitai.test', HTTPS_PROXY: 'http://127.0.0.1:9' }),
  ],
  certificate: [5, () => behindProxy()],
  'too-little-space': [
    1,
    async () => {
      setFaults({ call: 'statfs', returns: { type: 0, bsize: 4096, blocks: 1000, bavail: 1 } });
      return {};
    },
  ],
  'no-space': [
    1,
    async () => {
      setFaults({ call: 'open', path: '.part', code: 'ENOSPC' }, { call: 'write', code: 'ENOSPC' });
      return {};
    },
  ],
};

const page = readPage('doc/troubleshooting.md');
const shown = page.blocks.flatMap(({ marks, text }) => {
  const name = marks.get('message');
  return name === undefined ? [] : [[name, text] as const];
});

describe('a message of the page that no example prints', () => {
  it.each(shown)('is what the command prints: %s', async (name, text) => {
    const [exitStatus, cause] = causes[name] ?? [];
    const env = await cause?.();
    const { status: ended, stderr } = await runInProcess(['66', './models', '-i', '0'], sandbox, {
      ...(env && { env }),
    });
    expect(ended, stderr).toBe(exitStatus);
    let end = 0;
    for (const part of text.split(/…|\n/)) {
      const start = stderr.indexOf(part, end);
      expect(start, `'${part}' in ${stderr}`).toBeGreaterThanOrEqual(0);
      end = start + part.length;
    }
  });
});

it('No cause is without its message', () => {
  expect(shown.map(([name]) => name).sort()).toEqual(Object.keys(causes).sort());
});
