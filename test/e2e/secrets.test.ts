import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { catalog, ids } from '../fake-civitai/catalog.js';
import type { Civitai, RecordedRequest } from '../fake-civitai/civitai.js';
import { ended, run, start } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type InProcessOptions, runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';
import { modelsOf } from './listed-models.js';

const MANY = 'inkmaker21';
const model = String(ids.mainExample.model);

it.override('serverOptions', { models: [...catalog, ...modelsOf(MANY, 21)] });

/** Returns a request as text, without the header that has the key. */
function withoutAuthorization({
  headers: { authorization: _, ...headers },
  ...request
}: RecordedRequest): string {
  return JSON.stringify({ ...request, rawHeaders: undefined, headers, query: [...request.query] });
}

function contents(dir: string): { path: string; content: string }[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, content: `${path}\n${readFileSync(path, 'latin1')}` }));
}

const ways = {
  asked: { args: ['-k'], options: () => ({ input: `${civitai.goodKey}\n` }) },
  environment: { args: [], options: () => ({ env: { CIVITAI_API_KEY: civitai.goodKey } }) },
  stored: { args: [], options: () => ({}) },
};

it.each(Object.entries(ways))('shows and stores the key nowhere: %s', async (_way, { args, options }) => {
  if (_way === 'stored')
    await run('civitconfig', ['default', '-k', '--verbose'], sandbox, { input: civitai.goodKey });
  const outputs = [
    // A successful run, one with retries, and one that fails with a stack trace.
    await run('civitdl', [model, 'models', '--verbose', ...args], sandbox, options()),
    await withFault({ on: 'storage', kind: 'reset', after: 1000 }, ['--model-overwrite'], args, options()),
    await withFault({ on: 'download', kind: 'status', status: 400 }, ['--model-overwrite'], args, options()),
  ];
  expect(outputs.map(({ status }) => status)).toEqual([0, 0, 5]);
  for (const { stdout, stderr } of outputs) {
    expect(stdout + stderr).not.toContain(civitai.goodKey);
    // The query of a signed URL is a secret, too.
    expect(stdout + stderr).not.toMatch(/Authorization=|X-Amz-Signature/i);
  }
  for (const { path, content } of contents(sandbox.dir)) {
    expect(content.includes(civitai.goodKey), path).toBe(path === sandbox.config);
    expect(content, path).not.toMatch(/Authorization=3_|X-Amz-Signature=/);
  }
  for (const request of civitai.requests) {
    expect(withoutAuthorization(request)).not.toContain(civitai.goodKey);
    if (request.host !== 'api') expect(request.headers.authorization).toBeUndefined();
  }
});

async function withFault(
  fault: Parameters<Civitai['fault']>[0],
  more: readonly string[],
  args: readonly string[],
  options: InProcessOptions,
) {
  civitai.fault(fault);
  return runInProcess([model, 'models', '--verbose', ...more, ...args], sandbox, options);
}

it.skipIf(process.platform !== 'linux')('shows the key in no process list', async () => {
  civitai.setRate(2_000_000);
  const child = start('civitdl', [model, 'models', '-k'], sandbox, { input: civitai.goodKey });
  while (civitai.requestsTo('storage').length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const part of ['cmdline', 'environ', 'comm']) {
    expect(readFileSync(`/proc/${child.pid}/${part}`, 'latin1')).not.toContain(civitai.goodKey);
  }
  expect((await ended(child)).status).toBe(0);
});

it('shows the key in no terminal', async () => {
  const terminal = open('civitdl', [model, 'models', '-k', '--verbose'], sandbox);
  await terminal.shows('Civitai API key:');
  terminal.type(`${civitai.goodKey}\r`);
  expect(await terminal.ended).toBe(0);
  expect(terminal.output).not.toContain(civitai.goodKey);
});

it('keeps a token of a pasted URL out of everything', async () => {
  const token = 'cafebabecafebabecafebabecafebabe';
  const pasted = `https://civitai.com/api/download/models/${ids.mainExample.version}?token=${token}`;
  const { status, stdout, stderr } = await run('civitdl', [pasted, 'models', '--verbose'], sandbox);
  expect(status).toBe(3);
  expect(stderr).toContain("warning: The API key ('token=…') in a link on the command line is ignored.");
  expect(stdout + stderr).not.toContain(token);
  expect(JSON.stringify(civitai.requests)).not.toContain(token);
  for (const { path, content } of contents(sandbox.dir)) expect(content, path).not.toContain(token);
});

it.each<readonly [what: string, args: readonly string[], status: number]>([
  ['the command for a list with many models', [], 2],
  ['the command for many sources', ['-y'], 5],
  ['the file of --failed', ['-y', '--failed', 'failed.txt'], 5],
])('keeps a token of a pasted URL out of %s', async (what, args, expected) => {
  const token = 'cafebabecafebabecafebabecafebabe';
  const urls = [`user/${MANY}/models`, `models/${model}`].map(
    (path) => `https://civitai.com/${path}?token=${token}`,
  );
  if (expected === 5)
    for (const on of ['model', 'version'] as const)
      civitai.fault({ on, kind: 'status', status: 500, times: Infinity });
  const given = ['-i', '0', '--pause-time', '0', '--retry-count', '0', '--verbose'];
  const { status, stdout, stderr } = await runInProcess([urls.join(), 'models', ...args, ...given], sandbox);
  expect(status).toBe(expected);
  const commands = what === 'the file of --failed' ? String(await sandbox.read('failed.txt')) : stderr;
  expect(commands).toMatch(/civitdl '?[^' ]*token=…,https:/);
  expect(stdout + stderr).not.toContain(token);
  for (const { path, content } of contents(sandbox.dir)) expect(content, path).not.toContain(token);
});
