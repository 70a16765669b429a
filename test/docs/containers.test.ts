import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { readPage, repository } from './page.js';

/** The folder of the models in the containers, and the file of the secret. */
const MODELS = '/models';
const SECRET = '/run/secrets/civitai';

const { blocks } = readPage('doc/rented-machines.md');
const manifest: { bin: object; engines: { node: string } } = JSON.parse(
  readFileSync(`${repository}package.json`, 'utf8'),
);

const textOf = (file: string) => blocks.find(({ marks }) => marks.get('file') === file)?.text ?? '';
const dockerfile = textOf('Dockerfile');
const withModels = textOf('Dockerfile.models');

/** Returns the arguments of `civitdl` in a shell command that reads the key from the secret. */
function argumentsOf(command: string): readonly string[] {
  const [, words = ''] = new RegExp(`civitdl (.*?) < ${SECRET}`).exec(command) ?? [];
  return words.replaceAll(MODELS, sandbox.path('models')).split(' ');
}

it.each([
  ['Dockerfile', dockerfile],
  ['Dockerfile.models', withModels],
])('%s has a Node.js that the package supports, and installs the package', (_name, text) => {
  const [, major] = /^FROM node:(\d+)-slim/m.exec(text) ?? [];
  expect(Number(major)).toBeGreaterThan(Number.parseInt(manifest.engines.node.replace(/\D+/, ''), 10));
  expect(text).toMatch(/^RUN npm install -g civitdl$/m);
});

describe('Dockerfile', () => {
  const [program = '', ...entry]: string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]');
  const stored = /^RUN civitconfig (.*?) && chmod -R a\+rX (\S+)$/m.exec(dockerfile);
  const variables = new Map(
    [...dockerfile.matchAll(/(CIVITDL_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );

  /** Runs the commands that the image runs when it is built, then its entry point with these arguments. */
  async function runImage(...typed: readonly string[]) {
    const words = (stored?.[1] ?? '').replace(MODELS, sandbox.path('models')).split(' ');
    expect(await runInProcess(words, sandbox, { command: 'civitconfig' })).toMatchObject({ status: 0 });
    return runInProcess([...entry, ...typed], sandbox);
  }

  it('stores the settings in the image, readable for each user, and the cache in the volume', () => {
    expect(Object.keys(manifest.bin)).toContain(program);
    expect([...variables.keys()]).toEqual(['CIVITDL_CONFIG_DIR', 'CIVITDL_CACHE_DIR']);
    expect(variables.get('CIVITDL_CONFIG_DIR')).toBe(stored?.[2]);
    // What a volume covers is not in the container.
    expect(variables.get('CIVITDL_CONFIG_DIR')).not.toMatch(new RegExp(`^${MODELS}/`));
    expect(variables.get('CIVITDL_CACHE_DIR')).toMatch(new RegExp(`^${MODELS}/`));
  });

  it('takes sources alone, and downloads to the volume', async () => {
    const { status, stderr } = await runImage('66', '-i', '0');
    expect(status, stderr).toBe(0);
    expect(await sandbox.tree()).toContain('anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt');
  });

  it('takes the key from standard input', async () => {
    const { status, stderr } = await runImage('191977', '-i', '0');
    expect(status, stderr).toBe(3);
    const withKey = await runInProcess([...entry, '191977', '-i', '0', '-k'], sandbox, {
      input: `${civitai.goodKey}\n`,
    });
    expect(withKey.status, withKey.stderr).toBe(0);
  });

  it.each([
    [['search', 'lantern'], 'Paper Lantern Ink'],
    [['info', '191977'], 'Paper Lantern Ink'],
    [['--help'], 'Usage: civitdl'],
  ])('runs %s', async (typed, shown) => {
    const { status, stdout, stderr } = await runImage(...typed);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(shown);
  });
});

it.each([
  ['compose.yaml', textOf('compose.yaml')],
  ['Dockerfile.models', withModels],
])('%s gives the key from the secret to standard input', async (_name, text) => {
  await sandbox.write('models/batch.txt', '191977\n');
  const options = { input: civitai.goodKey };
  const { status, stderr } = await runInProcess(argumentsOf(text), sandbox, options);
  expect(status, stderr).toBe(0);
  expect((await sandbox.tree()).filter((path) => path.endsWith('.safetensors'))).toHaveLength(1);
});
