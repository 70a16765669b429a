import { mkdir, symlink } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type InProcessOptions, runInProcess } from '../harness/in-process.js';

const anything = String(ids.anything.model);
const file = 'anythingV3_fp16-mid_66-vid_75';
const extra = 'extra_data-vid_75';

const download = (source: string | number, args: readonly string[], options: InProcessOptions = {}) =>
  runInProcess([String(source), 'models', '-i', '1', '--pause-time', '0', ...args], sandbox, options);

/** Returns the files of model 66 with one image. */
function filesIn(model: string, other: string, name = file): readonly string[] {
  return [
    `${model}/${name}.ckpt`,
    `${model}/${name}.csv`,
    `${other}/517-prompt.json`,
    `${other}/517.jpeg`,
    `${other}/model_dict-mid_66-vid_75.json`,
  ].sort();
}

describe('a sorter file', () => {
  const key = '0123456789abcdef0123456789abcdef';
  const look = (expression: string) => `
    import { execFileSync } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    import { getEnvironmentData, workerData } from 'node:worker_threads';
    writeFileSync('seen.txt', String(${expression}) + '.');
    export const sortModel = () => ['a', 'b', 'c', 'd'];`;

  it.each([
    ['CIVITAI_API_KEY', 'process.env.CIVITAI_API_KEY'],
    ['CIVITAI_TOKEN', 'process.env.CIVITAI_TOKEN'],
    ['its environment', 'JSON.stringify(process.env)'],
    ['the environment of a program that it starts', "execFileSync('env')"],
    [
      'the environment of a shell',
      "execFileSync('echo $CIVITAI_API_KEY; printenv CIVITAI_TOKEN || true', { shell: true })",
    ],
    ['its arguments', 'JSON.stringify([process.argv, process.execArgv])'],
    ['its data', "JSON.stringify([workerData, getEnvironmentData('CIVITAI_API_KEY')])"],
  ])('does not find the API key in %s', async (_where, expression) => {
    await sandbox.write('mine.mjs', look(expression));
    const env = { CIVITAI_API_KEY: key, CIVITAI_TOKEN: key, OTHER: 'other' };
    const args = [anything, 'models', '-i', '0', '-s', './mine.mjs'];
    expect(await run('civitdl', args, sandbox, { env })).toMatchObject({ status: 0 });
    const seen = String(await sandbox.read('seen.txt'));
    expect(seen).not.toContain(key);
    // The rest of the environment is there.
    if (/env'\)|process\.env\)/.test(expression)) expect(seen).toMatch(/OTHER\W+other/);
    expect(civitai.requestsTo('download')[0]?.headers.authorization).toBe(`Bearer ${key}`);
  });

  it('does not find the API key when it is added, either', async () => {
    await sandbox.write('mine.mjs', look('JSON.stringify(process.env)'));
    const env = { CIVITAI_API_KEY: key, CIVITAI_TOKEN: key };
    const { status } = await run('civitconfig', ['sorter', '-a', 'mine', './mine.mjs'], sandbox, { env });
    expect(status).toBe(0);
    expect(String(await sandbox.read('seen.txt'))).not.toContain(key);
  });
});

describe('civitdl --sorter', () => {
  const folder = 'anythingV3_fp16';
  const outside = `models/civitdl/${folder}/${extra}`;
  it.each([
    ['nothing', [], filesIn(folder, `${folder}/${extra}`)],
    ['basic', ['-s', 'basic'], filesIn(folder, `${folder}/${extra}`)],
    [
      'tags',
      ['-s', 'tags'],
      filesIn(`SD_1.5/anime/style/${folder}`, `SD_1.5/anime/style/${folder}/${extra}`),
    ],
    [
      'comfyui',
      ['--sorter', 'comfyui', '--sidecars', 'none'],
      filesIn('models/checkpoints', outside, 'anythingV3_fp16'),
    ],
    [
      'a1111',
      ['--sorter=a1111', '--sidecars=none'],
      filesIn('models/Stable-diffusion', outside, 'anythingV3_fp16'),
    ],
    [
      'a template',
      ['-s', '{baseModel}/{type}/{creator}/{modelName}'],
      filesIn(`SD 1.5/Checkpoint/Yuno779/${folder}`, `SD 1.5/Checkpoint/Yuno779/${folder}/${extra}`),
    ],
  ])('takes %s', async (_what, args, files) => {
    const { status, stderr } = await download(anything, args);
    expect(stderr).not.toContain('failed');
    expect(status).toBe(0);
    expect(await sandbox.tree()).toEqual(files);
  });

  it('takes a file by its path, with the JSON of the API, in a process of its own', async () => {
    await sandbox.write(
      'by-tag.mjs',
      `import { join } from 'node:path';
      export async function sortModel(model, version, fileName, rootDir) {
        console.log('sorting', model.modelVersions.length, version.files[0].type);
        const dir = join(rootDir, model.creator.username, model.tags[2], fileName);
        return { model: dir, metadata: join(dir, 'meta'), images: join(dir, 'img'), prompts: 'prompts' };
      }`,
    );
    const { status, stdout, stderr } = await run(
      'civitdl',
      [anything, 'models', '-i', '1', '-s', './by-tag.mjs'],
      sandbox,
    );
    expect(stderr).toContain('sorting 1 Model\n');
    expect(status).toBe(0);
    const dir = 'Yuno779/base model/anythingV3_fp16.ckpt';
    expect(stdout).toBe(`${sandbox.path('models', dir, `${file}.ckpt`)}\n`);
    expect(await sandbox.tree()).toEqual(
      [
        `${dir}/${file}.ckpt`,
        `${dir}/${file}.csv`,
        `${dir}/img/517.jpeg`,
        `${dir}/meta/model_dict-mid_66-vid_75.json`,
        'prompts/517-prompt.json',
      ].sort(),
    );
  });

  it.each([
    ['a linked VAE', ids.linkedVae.vaeModel, 'comfyui', /^models\/vae\/aVae\.csv$/],
    ['a quantized model', ids.gguf.model, 'comfyui', /^models\/diffusion_models\/quantized_v1\.csv$/],
    ['an embedding', ids.trainedWord.model, 'a1111', /^embeddings\/_lantern_ink_ bad__\.csv$/],
    ['a LORA', ids.noCreator.model, 'a1111', /^models\/Lora\//],
    ['a model without a creator', ids.noCreator.model, '{creator}', /^unknown\//],
  ])('sorts %s', async (_what, model, sorter, path) => {
    const { status } = await download(model, ['-s', sorter, '--without-model', '-i', '0']);
    expect(status).toBe(0);
    expect((await sandbox.tree()).filter((name) => name.endsWith('.csv'))).toEqual([
      expect.stringMatching(path),
    ]);
  });

  it('keeps pictures and JSON out of what the web UI loads embeddings from', async () => {
    await download(ids.trainedWord.model, ['-s', 'a1111', '--sidecars', 'none']);
    const inEmbeddings = (await sandbox.tree('models/embeddings')).map((name) => name.split('.').at(-1));
    expect(inEmbeddings).toEqual(['csv', 'pt']);
    expect(await sandbox.tree('models/models/civitdl')).toHaveLength(3);
  });

  it('follows a link that the user has put into the root directory', async () => {
    await mkdir(sandbox.path('other-disk'));
    await mkdir(sandbox.path('models/models'), { recursive: true });
    await symlink(sandbox.path('other-disk'), sandbox.path('models/models/checkpoints'));
    expect((await download(anything, ['-s', 'comfyui', '--sidecars', 'none'])).status).toBe(0);
    expect(await sandbox.tree('other-disk')).toEqual(['anythingV3_fp16.ckpt', 'anythingV3_fp16.csv']);
  });

  it('finds what it has sorted before', async () => {
    await download(anything, ['-s', 'tags']);
    const { stderr } = await download(anything, ['-s', 'tags']);
    expect(stderr).toContain('1 already downloaded');
    expect(civitai.requestsTo('download')).toHaveLength(1);
  });

  it('is part of the command that tries again', async () => {
    const { stderr } = await download(ids.earlyAccess.model, ['-s', '{type}/{modelName}']);
    expect(stderr).toContain(
      `civitdl ${ids.earlyAccess.model} models --sorter '{type}/{modelName}' --max-images 1`,
    );
  });
});

describe('civitdl --sorter with what is no sorter', () => {
  it.each([
    ['an unknown name', 'tagz', "Unknown sorter 'tagz'. Did you mean 'tags'?"],
    ['nothing', '', "'' is not a name, a path or a template"],
    ['no file', './none.mjs', '/none.mjs was not found.'],
    ['a Python sorter', './sort.py', 'is a Python sorter.'],
    ['an unknown field', '{type}/{nope}', 'unknown field {nope}. The fields are {modelName}'],
    ['a template that leads out', '../{type}', 'it must name folders below the root directory'],
  ])('asks Civitai nothing and exits with 2: %s', async (_what, sorter, says) => {
    const { status, stderr } = await download(anything, ['-s', sorter]);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
    expect(civitai.requests).toHaveLength(0);
  });

  it('asks Civitai nothing and exits with 1 for a file that is broken', async () => {
    await sandbox.write('broken.mjs', 'export const sortModel = 66;');
    const { status, stderr } = await download(anything, ['-s', './broken.mjs']);
    expect(stderr).toBe(
      "The sorter ./broken.mjs failed: it does not export a function 'sortModel'.\nFix the sorter: doc/sorter.md describes what a sorter must be.\n",
    );
    expect(status).toBe(1);
    expect(civitai.requests).toHaveLength(0);
  });
});

describe('a sorter that fails', () => {
  const sorter = (body: string) =>
    sandbox.write('mine.mjs', `export function sortModel(model, version, fileName, rootDir) { ${body} }`);
  const all = (path: string) => `const d = ${path}; return { model: d, metadata: d, images: d, prompts: d };`;

  it('fails that model with its own message, not the batch', async () => {
    await sorter(`if (model.id === 66) throw new Error('no ' + model.name); ${all('rootDir')}`);
    const { status, stderr } = await download(`${anything},${ids.gguf.model}`, ['-s', './mine.mjs']);
    expect(stderr).toContain('\n66: The sorter ./mine.mjs failed: no anythingV3_fp16.\n  Fix the sorter');
    expect(stderr).toMatch(/^1 {2}downloaded\n1 {2}failed$/m);
    expect(stderr).toContain('civitdl 66 models --sorter ./mine.mjs');
    expect(status).toBe(7);
    expect((await sandbox.tree()).every((name) => name.includes(`mid_${ids.gguf.model}`))).toBe(true);
  });

  it.each([
    ['leads up', all("'../x'"), 'The sorter chose '],
    ['leads elsewhere', all("'/etc'"), 'The sorter chose /etc, which is outside '],
    ['returns nothing', '', "did not return a string for 'model'"],
    ['never answers', 'return new Promise((done) => setTimeout(done, 60_000))', 'no result within 1 s'],
  ])('writes nothing when it %s', async (_what, body, says) => {
    await sorter(body);
    const { status, stderr } = await download(anything, ['-s', './mine.mjs'], { sorterTimeoutMs: 1_000 });
    expect(stderr).toContain(says);
    expect(stderr).toContain('Fix the sorter');
    expect(status).toBe(1);
    expect(civitai.requestsTo('download')).toHaveLength(0);
    expect(await sandbox.tree('.')).toEqual(['mine.mjs']);
  });

  it.each([
    ['NUL', all("'a\\0b'"), 'ab'],
    ['300 characters', all("'x'.repeat(300)"), 'x'.repeat(255)],
  ])('to make a safe name has one made of it: %s', async (_what, body, folder) => {
    await sorter(body);
    const { status } = await download(anything, ['-s', './mine.mjs', '--without-model', '-i', '0']);
    expect(status).toBe(0);
    expect(new Set((await sandbox.tree()).map((name) => name.slice(0, name.lastIndexOf('/'))))).toEqual(
      new Set([folder]),
    );
  });

  it('and leaves a timer does not keep the process from ending', async () => {
    await sorter("setInterval(() => {}, 1000); throw new Error('enough');");
    const { status, stderr } = await run('civitdl', [anything, 'models', '-s', './mine.mjs'], sandbox);
    expect(stderr).toContain('The sorter ./mine.mjs failed: enough.');
    expect(status).toBe(1);
  });

  it('because a file is where its folder should be names the path', async () => {
    await sandbox.write('models/taken', 'a file');
    await sorter(all("'taken'"));
    const { status, stderr } = await download(anything, ['-s', './mine.mjs', '--without-model', '-i', '0']);
    expect(stderr).toContain(sandbox.path('models/taken'));
    expect(status).toBe(1);
  });
});
