import stringWidth from 'string-width';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const { mainExample, anything, earlyAccess } = ids;
const info = (...args: readonly string[]) => runInProcess(['info', ...args], sandbox);
const json = async (...args: readonly string[]) => JSON.parse((await info(...args, '--json')).stdout);

describe('civitdl info', () => {
  it('describes a model, all versions and their files, and writes nothing', async () => {
    const { stdout, status } = await info(String(mainExample.model));
    expect(status).toBe(0);
    for (const text of [
      'Paper Lantern Ink (LORA)',
      'https://civitai.com/models/191977',
      'inkmaker',
      'SDXL 1.0',
      'use without crediting the creator',
      '191977@216190',
      '191977@205511',
      'ppr lntrn',
      'PaperLanternInk-v2.safetensors, scans passed, primary',
      '3.15 MB',
    ])
      expect(stdout).toContain(text);
    expect(await sandbox.tree('models').catch(() => [])).toEqual([]);
  });

  it.each([
    ['MODEL@VERSION', '191977@205511'],
    ['a page', 'https://civitai.com/models/191977?modelVersionId=205511'],
    ['a download', 'https://civitai.com/api/download/models/205511'],
  ])('describes the version of %s only', async (_kind, source) => {
    const { versions } = await json(source);
    expect(versions.map(({ id }: { id: number }) => id)).toEqual([205_511]);
  });

  it('finds the version of a hash', async () => {
    const { versions } = await json(String(anything.model));
    const { SHA256 } = versions[0].files[0].hashes;
    expect((await json(SHA256)).model.id).toBe(anything.model);
  });

  it('says who can download a version', async () => {
    expect((await info(String(earlyAccess.model))).stdout).toMatch(/access +Version .* is in early access/);
    expect((await json(String(earlyAccess.model))).versions[0].obstacle.code).toBe('early-access');
  });

  it.each([
    ['12345678', 4, 'was not found'],
    ['205511', 4, 'To download it, use 191977@205511'],
    [
      'https://civitai.com/models?tag=ink&sort=Newest',
      2,
      "civitdl 'https://civitai.com/models?tag=ink&sort=Newest' ./models --dry-run",
    ],
    ['./batch.txt', 2, 'does not name a model'],
    ['https://example.com/models/1', 2, 'is on example.com'],
  ])('fails for %s with the status %i', async (source, expected, message) => {
    const { stderr, status } = await info(source);
    expect({ status, stderr }).toEqual({ status: expected, stderr: expect.stringContaining(message) });
  });

  it('needs one source', async () => {
    expect((await info()).status).toBe(2);
    expect((await info('66', '67')).status).toBe(2);
  });

  it('asks for the key with -k, and uses the network options', async () => {
    const terminal = open('civitdl', ['info', '66', '-k', '--user-agent', 'probe/1'], sandbox);
    await terminal.shows('Civitai API key:');
    terminal.type(`${civitai.goodKey}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).not.toContain(civitai.goodKey);
    const request = civitai.requests.find(({ path }) => path.startsWith('/api/v1/models/66'));
    expect(request?.headers).toMatchObject({ 'user-agent': 'probe/1' });
  });

  it.each([40, 80, 120])('fits a terminal of %i columns', async (columns) => {
    const terminal = open('civitdl', ['info', String(mainExample.model)], sandbox, { columns });
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).toContain('191977@216190');
    for (const line of terminal.text.split('\r\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
  });
});
