import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const { sameName, mainExample } = ids;
const terminal = (args: readonly string[]) =>
  open('civitdl', [...args, 'models', '-i', '0', '--pause-time', '0'], sandbox, {
    env: { CIVITAI_API_KEY: civitai.goodKey },
  });
const models = async () => (await sandbox.tree()).filter((path) => path.endsWith('.safetensors'));
const severalFiles = [String(sameName.model), '--file', 'sameName.safetensors'];

describe('on a terminal, a source that can mean several things', () => {
  it('is asked about: which of several files', async () => {
    const shown = terminal(severalFiles);
    await shown.shows('Number from 1 to 2');
    expect(shown.text).toMatch(/1 {2}320020 sameName\.safetensors \(Model, SafeTensor, fp16/);
    shown.type('7\r');
    await shown.shows(/Number from 1 to 2[\s\S]*Number from 1 to 2/);
    shown.type('2\r');
    expect(await shown.ended).toBe(0);
    const csv = (await sandbox.tree()).find((path) => path.endsWith('.csv'));
    expect(csv).toContain(String(sameName.fp32File));
    expect(await models()).toHaveLength(1);
  });

  it('is asked about: whether a number means a version', async () => {
    const shown = terminal(['205511']);
    await shown.shows('Download 191977@205511? [y/N]');
    shown.type('y\r');
    expect(await shown.ended).toBe(0);
    expect(await models()).toEqual([expect.stringContaining('vid_205511')]);
  });

  it.each([
    ['a version', ['205511'], '[y/N]', 'is the id of a version'],
    ['a file', severalFiles, 'Number from', 'Several files'],
  ])('fails as without a terminal if %s is not what was meant', async (_what, args, question, message) => {
    const shown = terminal(args);
    await shown.shows(question);
    shown.type('\r');
    expect(await shown.ended).toBe(4);
    expect(shown.text).toContain(message);
    expect(await models()).toEqual([]);
  });

  it('is interrupted at Ctrl-C, with all other models', async () => {
    const shown = terminal(['205511', String(mainExample.model)]);
    await shown.shows('[y/N]');
    shown.type('\u0003');
    expect(await shown.ended).toBe(130);
  });

  it('is asked about one at a time', async () => {
    const shown = terminal(['205511', '216190', '-j', '4']);
    await shown.shows('[y/N]');
    shown.type('y\r');
    await shown.shows(/\[y\/N\][\s\S]*\[y\/N\]/);
    shown.type('y\r');
    expect(await shown.ended).toBe(0);
    expect(await models()).toHaveLength(2);
  });
});

it.each([
  ['205511', ['205511']],
  ['several files', severalFiles],
])('without a terminal, %s is an error', async (_what, args) => {
  expect((await runInProcess([...args, 'models'], sandbox)).status).toBe(4);
});
