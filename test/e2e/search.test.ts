import stringWidth from 'string-width';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { parseJsonLines } from '../harness/json-lines.js';
import { open } from '../harness/terminal.js';

const { mainExample, lantern } = ids;
const search = (...args: readonly string[]) => runInProcess(['search', ...args], sandbox);
const found = async (...args: readonly string[]) =>
  parseJsonLines((await search(...args, '--json')).stdout).flatMap((line) =>
    line.type === 'model' ? [line.model.id] : [],
  );

describe('civitdl search', () => {
  it('lists what Civitai finds as a table, and writes nothing', async () => {
    const { stdout, status } = await search('paper', 'lantern');
    expect(status).toBe(0);
    const [heading = '', row = ''] = stdout.split('\n');
    expect(heading.trim().split(/ {2,}/)).toEqual([
      'id',
      'name',
      'type',
      'base model',
      'creator',
      'downloads',
      'size',
    ]);
    expect(row).toMatch(/191977 {2}Paper Lantern Ink +LORA +SDXL 1\.0 +inkmaker +1,200 +3\.15 MB/);
    expect(await sandbox.tree()).toEqual([]);
  });

  it('asks for all levels, and for what the options select', async () => {
    const types = ['--type', 'lora', '--base-model', 'illustrious', '--limit', '5', '--period', 'Month'];
    await search('lantern', ...types);
    const [request] = civitai.requests.filter(({ path }) => path === '/api/v1/models');
    expect(Object.fromEntries(request?.query ?? [])).toMatchObject({
      query: 'lantern',
      nsfw: 'true',
      types: 'LORA',
      baseModels: 'Illustrious',
      period: 'Month',
    });
  });

  it('asks for the level PG with --nsfw safe', async () => {
    await search('lantern', '--nsfw', 'safe');
    expect(civitai.requestsTo('models').map(({ query }) => query.has('nsfw'))).toEqual([false]);
  });

  it('shows only models that the options would download something of', async () => {
    expect(await found('lantern')).toEqual(expect.arrayContaining([mainExample.model, lantern.model]));
    expect(await found('lantern', '--base-model', 'illustrious')).toEqual([lantern.model]);
    expect(await found('lantern', '--limit', '1')).toHaveLength(1);
    expect((await search('lantern', '--since', '2090-01-01')).status).toBe(4);
  });

  it.each([
    [['nothing like it'], 4, 'Civitai finds no models'],
    [['lantern', '--base-model', 'SDLX'], 4, 'Did you mean SDXL 1.0?'],
    [[], 2, 'missing required argument'],
    [['lantern', '--type', 'Sofa'], 2, "'Sofa' is not a list of"],
  ])('fails for %j with the status %i', async (args, expected, message) => {
    const { stderr, status } = await search(...args);
    expect({ status, stderr }).toEqual({ status: expected, stderr: expect.stringContaining(message) });
  });

  it('is a word of the first place only', async () => {
    const { status, stderr } = await runInProcess(['./search', 'models'], sandbox);
    expect(status).toBe(2);
    expect(stderr).toContain("'./search' is not a source");
  });
});

describe('civitdl search on a terminal', () => {
  const terminal = (args: readonly string[], columns = 100) =>
    open('civitdl', ['search', 'lantern', ...args], sandbox, {
      columns,
      env: { CIVITAI_API_KEY: civitai.goodKey },
    });

  it('downloads what is chosen to the root directory', async () => {
    const shown = terminal(['-o', 'models', '-i', '0', '--pause-time', '0']);
    await shown.shows('Copper Lantern');
    shown.type(' ');
    await shown.shows('◉');
    shown.type('\u001b[B\u001b[B \r');
    await shown.shows(/2 +downloaded/);
    expect(await shown.ended).toBe(0);
    const files = (await sandbox.tree()).filter((path) => path.endsWith('.safetensors'));
    expect(files).toEqual([
      expect.stringContaining(`mid_${lantern.model}`),
      expect.stringContaining(`mid_${mainExample.model}`),
    ]);
  });

  it('downloads nothing if nothing is chosen', async () => {
    const shown = terminal(['-o', 'models']);
    await shown.shows('navigate');
    shown.type('\r');
    expect(await shown.ended).toBe(0);
    expect(shown.text).toContain('Nothing was selected');
    expect(await sandbox.tree()).toEqual([]);
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('ends with the status 130 at %s', async (_key, typed) => {
    const shown = terminal(['-o', 'models']);
    await shown.shows('navigate');
    shown.type(typed);
    expect(await shown.ended).toBe(130);
    expect(await sandbox.tree()).toEqual([]);
  });

  it('says that the root directory cannot be used before it searches', async () => {
    await sandbox.write('file', '');
    const shown = terminal(['-o', 'file']);
    expect(await shown.ended).toBe(2);
    expect(shown.text).toContain('is a file, not a folder');
    expect(civitai.requests).toEqual([]);
  });

  it('says without a root directory how to download', async () => {
    const shown = terminal([]);
    expect(await shown.ended).toBe(0);
    expect(shown.text).toContain('To download one, type: civitdl 191977 ./models');
  });

  it.each([40, 80, 120])('fits %i columns', async (columns) => {
    const shown = terminal(['-o', 'models'], columns);
    await shown.shows('invert');
    for (const line of shown.text.split(/\r?\n/)) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    shown.type('\r');
    expect(await shown.ended).toBe(0);
  });
});
