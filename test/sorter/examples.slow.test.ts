import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

/** The sorter files of the page about sorters, by name. */
const page = readFileSync(new URL('../../doc/sorter.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```js file=(\S+)\n(.*?)^```$/gms)].map(
  ([, name = '', source = '']) => [name, source] as const,
);

it('are on the page', () => {
  expect(examples.length).toBeGreaterThanOrEqual(3);
});

it.each(examples)('%s can be used by its path, and added', async (name, source) => {
  await sandbox.write(name, source);
  const civitconfig = (...args: readonly string[]) => runInProcess(args, sandbox, { command: 'civitconfig' });
  const download = (root: string, sorter: string) =>
    runInProcess([String(ids.anything.model), root, '-i', '1', '-s', sorter], sandbox);
  const added = await civitconfig('sorter', '-a', 'mine', name);
  expect(added.stderr).toBe('');
  const description = /description = '(.*)'/.exec(source)?.[1] ?? 'no description';
  expect(added.stdout).toContain(`mine              ${description}\n`);
  expect((await download('by-path', name)).status).toBe(0);
  expect((await download('by-name', 'mine')).status).toBe(0);
  expect(await sandbox.tree('by-path')).toHaveLength(5);
  expect(await sandbox.tree('by-name')).toEqual(await sandbox.tree('by-path'));
});

it('are valid as templates', async () => {
  const templates = [...page.matchAll(/'([^'\n]*\{[^'\n]*)'/g)].map(([, template = '']) => template);
  const valid = new Set(templates.filter((template) => !template.includes('{model}')));
  expect(valid.size).toBeGreaterThanOrEqual(3);
  for (const template of valid) {
    const { status } = await runInProcess(
      ['66', 'models', '-i', '0', '--without-model', '-s', template],
      sandbox,
    );
    expect(status, template).toBe(0);
  }
});

it('name every field and every built-in sorter', async () => {
  const { stdout } = await runInProcess(['sorter'], sandbox, { command: 'civitconfig' });
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0]);
  expect(names.filter((name) => !page.includes(`\n### ${name}\n`))).toEqual([]);
  const { stderr } = await runInProcess(['66', 'models', '-s', '{none}'], sandbox);
  const fields = [...stderr.matchAll(/\{\w+\}/g)]
    .map(([field]) => field)
    .filter((field) => field !== '{none}');
  expect(new Set([...page.matchAll(/^\| `(\{\w+\})`/gm)].map(([, field]) => field))).toEqual(new Set(fields));
});
