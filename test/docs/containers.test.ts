import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
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

it('The entry point of Dockerfile takes sources, and keeps the cache in the volume', async () => {
  const [program = '', ...args]: string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]');
  expect(Object.keys(manifest.bin)).toContain(program);
  const variables = [...dockerfile.matchAll(/(CIVITDL_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
  expect(variables.map(([name]) => name)).toEqual(['CIVITDL_CONFIG_DIR', 'CIVITDL_CACHE_DIR']);
  for (const [, value] of variables) expect(value).toMatch(new RegExp(`^${MODELS}/`));
  const typed = [...args, '66', '-i', '0'].map((arg) => arg.replace(MODELS, sandbox.path('models')));
  expect(await runInProcess(typed, sandbox)).toMatchObject({ status: 0 });
  expect(await sandbox.tree()).toContain('anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt');
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
