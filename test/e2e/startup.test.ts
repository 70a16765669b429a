import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { type CommandName, run } from '../harness/command.js';
import { offlineTest as it, sandbox, test } from '../harness/fixture.js';

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** Returns the packages that a command loads, from the coverage data of V8. */
async function packagesOf(
  name: CommandName,
  args: readonly string[],
  stderr: unknown = '',
): Promise<ReadonlySet<string>> {
  const env = { NODE_V8_COVERAGE: sandbox.path('coverage') };
  expect(await run(name, args, sandbox, { env })).toMatchObject({ status: 0, stderr });
  const urls = readdirSync(sandbox.path('coverage')).flatMap((file) => {
    const { result }: Coverage = JSON.parse(readFileSync(sandbox.path('coverage', file), 'utf8'));
    return result.map(({ url }) => url);
  });
  const names = urls.map((url) => /.*\/node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)/.exec(url)?.groups?.name);
  return new Set(names.filter((found) => found !== undefined));
}

describe.each(['civitdl', 'civitconfig'] as const)('%s', (name) => {
  it.each(['--version', '--help'])(
    'loads no package for %s but the one that reads arguments',
    async (flag) => {
      expect(await packagesOf(name, [flag])).toEqual(new Set(['commander']));
    },
  );
});

it.each([
  ['aliases', ['66', '@']],
  ['sorters', ['-s', '']],
])('civitconfig loads no package to complete %s but the one that reads arguments', async (_what, words) => {
  await sandbox.write('config/config.json', '{"version":2,"aliases":{"@a":"/a"}}');
  const args = ['complete', 'zsh', 'civitdl', '--', ...words];
  expect(await packagesOf('civitconfig', args)).toEqual(new Set(['commander']));
});

test('A download without a terminal loads neither bars nor the widths of characters', async () => {
  const packages = await packagesOf('civitdl', ['66', 'models'], expect.stringContaining('1 downloaded'));
  expect(packages).toContain('zod');
  expect(packages).not.toContain('cli-progress');
  expect(packages).not.toContain('string-width');
});
