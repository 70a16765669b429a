import { existsSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { type CommandName, type CommandOptions, run, start } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { rawServer } from '../harness/raw-server.js';

const model = String(ids.anything.model);
const right = fileBytes(ids.anything.file);
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const plain = [model, 'models', '-i', '0'];
/** Maximum time from a signal to the end of the command. */
const MAX_END_MS = 1_000;
const TIMEOUT_MS = 10_000;

const isWhole = async () => (await sandbox.read(`models/${target}`)).equals(right);
const bytesOfStorage = () => civitai.requestsTo('storage').reduce((sum, { bytesSent }) => sum + bytesSent, 0);

async function until(condition: () => boolean, what: () => string): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    if (waited > TIMEOUT_MS) throw new Error(`It never came to it:\n${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Starts `civitdl`, sends a signal when `isTime` returns true, and waits for its end. */
async function interrupt(
  args: readonly string[],
  isTime: (stderr: string, pid: number) => boolean,
  signal: NodeJS.Signals = 'SIGINT',
  { command = 'civitdl', ...options }: CommandOptions & { readonly command?: CommandName } = {},
) {
  const child = start(command, args, sandbox, options);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (text) => {
      output[name] += text;
    });
  const status = new Promise<number | null>((resolve) => child.once('close', resolve));
  try {
    await until(
      () => isTime(output.stderr, child.pid ?? 0),
      () => output.stderr,
    );
    child.kill(signal);
    const ended = await Promise.race([status, later()]);
    return { ...output, status: ended };
  } finally {
    child.kill('SIGKILL');
  }
}

/** Whether a process handles SIGHUP. */
function isListening(pid: number): boolean {
  const caught = /^SigCgt:\s*(?<mask>[0-9a-f]+)$/m.exec(
    readFileSync(`/proc/${pid}/status`, 'latin1'),
  )?.groups;
  return (BigInt(`0x${caught?.mask ?? 0}`) & 1n) === 1n;
}

function later(): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, MAX_END_MS, 'still running'));
}

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s in a transfer ends it with 130, and the same command goes on where it stopped',
    async (signal) => {
      civitai.setRate(100_000);
      const { status, stdout, stderr } = await interrupt(plain, () => bytesOfStorage() > 60_000, signal);
      expect(status).toBe(130);
      expect(stdout).toBe('');
      expect(stderr).toContain('Interrupted. Partial downloads are kept');
      const kept = await sandbox.tree();
      expect(kept).not.toContain(target);
      expect(kept.length).toBeGreaterThan(0);

      civitai.reset();
      expect(await run('civitdl', plain, sandbox)).toMatchObject({ status: 0 });
      expect(await isWhole()).toBe(true);
      expect(civitai.requestsTo('storage').map(({ headers }) => headers.range)).toEqual([
        expect.stringMatching(/^bytes=[1-9]\d*-/),
      ]);
      expect(bytesOfStorage()).toBeLessThan(right.length - 30_000);
      expect((await sandbox.tree()).filter((name) => !/\.(ckpt|csv|json)$/.test(name))).toEqual([]);
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends several jobs at once, with a summary, and with what is left to do in a file',
    async (signal) => {
      civitai.setRate(20_000);
      const models = ids.batch.models.map(String);
      const args = [...models, 'models', '-i', '0', '-j', '4', '--pause-time', '0', '--failed', 'failed.txt'];
      const isTime = () => civitai.requestsTo('storage').length >= 4 && bytesOfStorage() > 40_000;
      const { status, stderr } = await interrupt(args, isTime, signal);
      expect(status).toBe(130);
      // Four downloads, and up to four that are next.
      expect(stderr).toMatch(/^[4-8] {2}paused\n[2-6] {2}not started\n/m);
      expect(stderr.match(/^\[\d+\/10\] paused, [\d.]+ kB kept$/gm)).toHaveLength(4);
      expect(stderr).toContain('Interrupted. Partial downloads are kept');
      const list = String(await sandbox.read('failed.txt'));
      expect(list.match(/^7000\d\d$/gm)?.sort()).toEqual(models);
      expect((await sandbox.tree()).filter((name) => name.endsWith('.part'))).toHaveLength(4);
    },
  );

  it('that comes again ends several jobs at once', async () => {
    civitai.setRate(20_000);
    const args = [...ids.batch.models.map(String), 'models', '-j', '4', '--pause-time', '0'];
    const child = start('civitdl', args, sandbox);
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    const status = new Promise<number | null>((resolve) => child.once('close', resolve));
    await until(
      () => civitai.requestsTo('storage').length >= 4,
      () => stderr,
    );
    child.kill('SIGINT');
    child.kill('SIGINT');
    // Both may arrive as one. A third signal may arrive only before the process ends.
    const again = setTimeout(() => child.kill('SIGINT'), 500);
    expect(await status.finally(() => clearTimeout(again))).toBe(130);
  });

  it('of a terminal that goes away ends a command that waits for an answer', async () => {
    civitai.fault({ on: 'model', kind: 'delay', ms: Infinity });
    const isTime = () => civitai.requestsTo('model').length > 0;
    const { status } = await interrupt(plain, isTime, 'SIGHUP');
    expect(status).toBe(130);
    expect(await sandbox.tree()).toEqual([]);
  });

  it('ends a command that waits before it tries again', async () => {
    civitai.fault({ on: 'storage', kind: 'status', status: 503, headers: { 'Retry-After': '60' } });
    const { status } = await interrupt(plain, (stderr) => stderr.includes('Retrying in 60.0 s'));
    expect(status).toBe(130);
    expect(civitai.requestsTo('storage')).toHaveLength(1);
    expect(await sandbox.tree()).toEqual([]);
  });

  it('ends a command that pauses between two models, of which the first stays', async () => {
    const args = [model, '700001', 'models', '-i', '0', '--pause-time', '60'];
    const { status, stdout } = await interrupt(args, (stderr) => stderr.includes('pausing for 60 s'));
    expect(status).toBe(130);
    expect(stdout).toBe(`${sandbox.path('models', target)}\n`);
    expect(await isWhole()).toBe(true);
    expect(civitai.requestsTo('download')).toHaveLength(1);
  });

  it('ends a command that fetches images, of which no half one stays', async () => {
    civitai.fault({ on: 'image', kind: 'stall', after: 10, times: Infinity });
    const isTime = () =>
      civitai.requestsTo('image').length === 3 && existsSync(sandbox.path(`models/${target}`));
    const { status } = await interrupt([model, 'models'], isTime);
    expect(status).toBe(130);
    expect(await isWhole()).toBe(true);
    expect((await sandbox.tree()).filter((name) => !/\.(ckpt|csv|json)$/.test(name))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux').each([
    ['a key', [model, 'models', '-k']],
    ['a batch', ['-', 'models']],
  ])('ends a command that waits for %s on standard input', async (_what, args) => {
    const { status } = await interrupt(args, (_stderr, pid) => isListening(pid), 'SIGINT', { input: null });
    expect(status).toBe(130);
    expect(civitai.requests).toEqual([]);
  });
});

describe('Ctrl-C ends a command', () => {
  it.each([
    ['a connection to the API', (host: string) => ({ CIVITAI_BASE_URL: `https://${host}` })],
    [
      'a proxy',
      (host: string) => ({ CIVITAI_BASE_URL: 'https://civitai.test', HTTPS_PROXY: `http://${host}` }),
    ],
    [
      'a connection to an https proxy',
      (host: string) => ({ CIVITAI_BASE_URL: 'https://civitai.test', HTTPS_PROXY: `https://${host}` }),
    ],
  ])('that waits for %s', async (_what, envOf) => {
    const silent = await rawServer(() => {});
    const env = envOf(silent.url.host);
    const { status } = await interrupt(plain, () => silent.open.size > 0, 'SIGINT', { env });
    expect(status).toBe(130);
    const key = { command: 'civitconfig', input: `${civitai.goodKey}\n`, env } as const;
    const checked = await interrupt(['default', '-k'], () => silent.open.size > 0, 'SIGINT', key);
    expect(checked.status).toBe(130);
  });

  it.each([
    ['the head of an answer of the API', 'model', { kind: 'delay', ms: Infinity }],
    ['the rest of an answer of the API', 'model', { kind: 'stall', after: 100 }],
    ['an answer of the API that drips', 'model', { kind: 'slow', bytesPerSecond: 20 }],
    ['a version', 'version', { kind: 'delay', ms: Infinity }],
    ['the URL of a file', 'download', { kind: 'delay', ms: Infinity }],
    ['the head of a file', 'storage', { kind: 'delay', ms: Infinity }],
    ['the first byte of a file', 'storage', { kind: 'stall', after: 0 }],
    ['the head of an image', 'image', { kind: 'delay', ms: Infinity }],
  ] as const)('that waits for %s', async (_what, on, fault) => {
    civitai.fault({ on, ...fault, times: Infinity });
    const isTime = () => civitai.requestsTo(on).length > 0;
    const { status } = await interrupt([model, 'models', '-i', '1'], isTime);
    expect(status).toBe(130);
  });

  it('that checks a key', async () => {
    civitai.fault({ on: 'me', kind: 'delay', ms: Infinity });
    const { status } = await interrupt(['default', '-k'], () => civitai.requests.length > 0, 'SIGINT', {
      command: 'civitconfig',
      input: `${civitai.goodKey}\n`,
    });
    expect(status).toBe(130);
    expect(await sandbox.tree('config')).toEqual([]);
  });
});
