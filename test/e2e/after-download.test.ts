import { chmod, readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { describe, expect } from 'vitest';
import { InterruptedError } from '../../src/errors.js';
import { catalog, file, ids, model, version } from '../fake-civitai/catalog.js';
import { makeAppRoot } from '../harness/app-roots.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const hostile = model({
  id: 41,
  name: 'a"; touch owned; `touch owned` $(touch owned) \u001b[2J',
  versions: [
    version({
      id: 42,
      name: '$(touch owned)',
      trainedWords: ['$(touch owned)', '"; touch owned; "', 'plain'],
      files: [file({ id: 43, name: 'hostile.safetensors' })],
    }),
  ],
});
const typed = (type: string, id: number, name: string, trainedWords: readonly string[]) =>
  model({
    id,
    name: type,
    type,
    versions: [version({ id: id + 1, name: 'v1', trainedWords, files: [file({ id: id + 2, name })] })],
  });
const others = [
  typed('LoCon', 501, 'locon.safetensors', []),
  typed('DoRA', 511, 'dora.safetensors', ['one', 'two', 'one']),
  typed('Hypernetwork', 521, 'hyper.pt', ['style']),
  typed('TextualInversion', 531, 'embedding.pt', []),
  typed('Checkpoint', 541, 'checkpoint.safetensors', ['word']),
  typed('LORA', 571, 'wordy.safetensors', ['word '.repeat(50_000)]),
  typed('LORA', 551, 'images.zip', ['word']),
];

it.override('serverOptions', { models: [...catalog, hostile, ...others] });

const example = String(ids.mainExample.model);
const anything = String(ids.anything.model);
const env = () => ({ CIVITAI_API_KEY: civitai.goodKey });
const download = (args: readonly string[]) =>
  runInProcess([...args, 'models', '-i', '0', '--pause-time', '0'], sandbox, { env: env() });
const printed = (name: string) => readFile(sandbox.path(name), 'utf8');

describe('--exec', () => {
  it('runs once per downloaded model, with its path, ids and words in the environment', async () => {
    const variables = [
      'PATH',
      'MODEL_ID',
      'VERSION_ID',
      'MODEL_NAME',
      'VERSION_NAME',
      'TYPE',
      'BASE_MODEL',
      'TRAINED_WORDS',
      'PAGE',
    ];
    const command = `printf '%s|' ${variables.map((name) => `"$CIVITDL_${name}"`).join(' ')} >> log; echo >> log`;
    const { status } = await download([example, anything, '--exec', command]);
    expect(status).toBe(0);
    const target = sandbox.path(
      'models/Paper Lantern Ink/PaperLanternInk-v2-mid_191977-vid_216190.safetensors',
    );
    const lines = (await printed('log')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe(
      `${target}|191977|216190|Paper Lantern Ink|v2|LORA|SDXL 1.0|ppr lntrn|https://civitai.com/models/191977?modelVersionId=216190|`,
    );
    expect(lines[1]).toContain('|66|75|anythingV3_fp16|fp16|Checkpoint|SD 1.5||');
  });

  it('runs once for a model with several files, with all of their paths', async () => {
    const { status } = await download([
      String(ids.sameName.model),
      '--all-files',
      '--exec',
      'echo "$CIVITDL_PATHS" >> log',
    ]);
    expect(status).toBe(0);
    expect((await printed('log')).trimEnd().split('\n')).toHaveLength(2);
  });

  it.each<readonly [what: string, before: readonly string[], args: readonly string[]]>([
    ['a model that is there already', [anything], [anything]],
    ['a model that failed', [], [String(ids.absent.model)]],
    ['a dry run', [], [anything, '--dry-run']],
    ['a run without model files', [], [anything, '--without-model']],
  ])('does not run for %s', async (_what, before, args) => {
    if (before.length > 0) await download(before);
    await download([...args, '--exec', 'echo x >> log']);
    await expect(printed('log')).rejects.toThrow('ENOENT');
  });

  it('lets no name from the server become a command, nor move the cursor', async () => {
    const { status, stderr } = await download([
      '41',
      '--exec',
      'echo "$CIVITDL_MODEL_NAME" "$CIVITDL_TRAINED_WORDS"',
    ]);
    expect(status).toBe(0);
    await expect(printed('owned')).rejects.toThrow('ENOENT');
    expect(stderr).toContain('$(touch owned), "; touch owned; ", plain');
    expect(stderr).not.toContain('\u001b');
  });

  it('gets the environment of the user, but not the API key', async () => {
    const env = { CIVITAI_API_KEY: civitai.goodKey, CIVITAI_TOKEN: civitai.goodKey, OTHER: 'kept' };
    const args = [anything, 'models', '-i', '0', '--exec', 'env > log'];
    expect(await runInProcess(args, sandbox, { env })).toMatchObject({ status: 0 });
    expect(await printed('log')).toContain('OTHER=kept\n');
    expect(await printed('log')).not.toContain(civitai.goodKey);
  });

  it('runs however long the words are', async () => {
    const { status } = await download(['571', '--exec', 'printf %s "$CIVITDL_TRAINED_WORDS" | wc -c >> log']);
    expect(status).toBe(0);
    expect(Number(await printed('log'))).toBe(10_000);
  });

  it.each([
    ['exit 3', 'with status 3'],
    ['no-such-command-at-all', 'with status 127'],
    ['kill -9 $$', '(SIGKILL)'],
    ['echo trouble >&2; false', 'with status 1'],
    ['(', 'with status 2'],
  ])('fails the run if the command does: %s', async (command, how) => {
    const { status, stderr } = await download([anything, '--exec', command]);
    expect(status).toBe(1);
    expect(stderr).toContain(`warning: the command of --exec failed ${how} for anythingV3_fp16.`);
    expect(await sandbox.tree()).toContainEqual(expect.stringMatching(/\.ckpt$/));
  });

  it('prints to stderr what the command prints, so that --json stays JSON', async () => {
    const { stdout, stderr } = await download([anything, '--json', '--exec', 'echo hello; echo world >&2']);
    expect(stderr).toContain('hello\n');
    expect(stderr).toContain('world\n');
    expect(stdout).not.toContain('hello');
  });

  it('does not wait for a program that the command leaves in the background', async () => {
    const begun = performance.now();
    const { status } = await run(
      'civitdl',
      [anything, 'models', '-i', '0', '--exec', 'sleep 30 & echo started'],
      sandbox,
    );
    expect(status).toBe(0);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it('ends with the run when it is interrupted, and runs for no further model', async () => {
    const controller = new AbortController();
    const command = 'echo x >> log; sleep 60';
    const args = ['501', '511', 'models', '-i', '0', '--pause-time', '0', '--exec', command];
    const ending = runInProcess(args, sandbox, { env: env(), interrupted: controller.signal });
    await expect.poll(() => printed('log').catch(() => ''), { timeout: 15_000 }).toBe('x\n');
    controller.abort(new InterruptedError());
    expect((await ending).status).toBe(130);
    expect(await printed('log')).toBe('x\n');
  });

  it('is part of the command that retries', async () => {
    const { stderr } = await download([
      String(ids.earlyAccess.model),
      '--exec',
      'notify "$CIVITDL_PATH"',
      '--open',
    ]);
    expect(stderr).toContain(`--exec 'notify "$CIVITDL_PATH"' --open`);
  });
});

describe('--open', () => {
  /** Installs a program that records the URLs that it is to open. */
  const withOpener = async () => {
    const script = `#!/bin/sh\necho "$@" >> '${sandbox.path('opened')}'\n`;
    for (const name of ['xdg-open', 'open']) await chmod(await sandbox.write(`bin/${name}`, script), 0o755);
    return { ...env(), PATH: [sandbox.path('bin'), sandbox.env.PATH].join(delimiter) };
  };
  const openedPages = async (count: number) => {
    for (let waited = 0; waited < 5_000; waited += 20) {
      const lines = (await printed('opened').catch(() => '')).trimEnd().split('\n').filter(Boolean);
      if (lines.length >= count) return lines;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('The pages were not opened.');
  };

  it('opens the page of each model', async () => {
    const args = [example, anything, 'models', '-i', '0', '--pause-time', '0', '--open'];
    const { status } = await runInProcess(args, sandbox, { env: await withOpener() });
    expect(status).toBe(0);
    expect(new Set(await openedPages(2))).toEqual(
      new Set([
        'https://civitai.com/models/191977?modelVersionId=216190',
        'https://civitai.com/models/66?modelVersionId=75',
      ]),
    );
  });

  it('opens at most ten pages', async () => {
    const models = others.map(({ id }) => String(id));
    const args = [
      ...models,
      ...ids.batch.models.slice(0, 8).map(String),
      'models',
      '-i',
      '0',
      '--pause-time',
      '0',
      '--open',
    ];
    const { stderr } = await runInProcess(args, sandbox, { env: await withOpener() });
    expect(stderr.match(/--open has opened 10 pages/g)).toHaveLength(1);
    expect(await openedPages(10)).toHaveLength(10);
  });

  it.skipIf(process.platform === 'win32')('prints the page if there is no browser', async () => {
    const { status, stderr } = await runInProcess([anything, 'models', '-i', '0', '--open'], sandbox, {
      env: { ...env(), PATH: sandbox.path('nothing') },
    });
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /warning: --open cannot open a browser \(.*\)\. The page: https:\/\/civitai\.com\/models\/66\?/,
    );
  });
});

describe('how to use a model', () => {
  it.each([
    [example, '<lora:PaperLanternInk-v2-mid_191977-vid_216190:1> ppr lntrn'],
    ['501', '<lora:locon-mid_501-vid_502:1>'],
    ['511', '<lora:dora-mid_511-vid_512:1> one, two'],
    ['521', '<hypernet:hyper-mid_521-vid_522:1> style'],
    ['531', 'embedding-mid_531-vid_532'],
    ['41', '<lora:hostile-mid_41-vid_42:1> $(touch owned), "; touch owned; ", plain'],
  ])('is said at the end: %s', async (source, text) => {
    const { stderr } = await download([source]);
    expect(stderr).toContain(`To use it, add this to a prompt:\n  ${text}\n`);
    // Also when it was there already.
    expect((await download([source])).stderr).toContain(`  ${text}\n`);
  });

  it.each([
    [example, 'node Load LoRA: PaperLanternInk-v2.safetensors; prompt: ppr lntrn'],
    ['501', 'node Load LoRA: locon.safetensors'],
    ['521', 'node HypernetworkLoader: hyper.pt; prompt: style'],
    ['531', 'prompt: embedding:embedding'],
  ])('is said for the nodes of ComfyUI: %s', async (source, text) => {
    makeAppRoot(sandbox.path('models'), 'ComfyUI');
    expect((await download([source])).stderr).toContain(`To use it in ComfyUI:\n  ${text}\n`);
  });

  it.each([
    ['a checkpoint', ['541']],
    ['an archive', ['551']],
    ['a dry run', [example, '--dry-run']],
    ['a run without model files', [example, '--without-model']],
    ['a run that prints only errors', [example, '--quiet']],
    ['a run that prints JSON', [example, '--json']],
    ['a failed run', [String(ids.absent.model)]],
  ])('is not said for %s', async (_what, args) => {
    const { stdout, stderr } = await download(args);
    expect(stdout + stderr).not.toContain('to a prompt');
  });

  it('is one line for each of several models', async () => {
    const terminal = open(
      'civitdl',
      ['501', '511', '541', 'models', '-i', '0', '--pause-time', '0'],
      sandbox,
      { env: env() },
    );
    expect(await terminal.ended).toBe(0);
    expect(terminal.text).toContain(
      'To use them, add these to a prompt:\r\n  <lora:locon-mid_501-vid_502:1>\r\n  <lora:dora-mid_511-vid_512:1> one, two\r\n',
    );
  });
});
