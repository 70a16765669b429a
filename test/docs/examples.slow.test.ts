import { describe, expect } from 'vitest';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { ExampleRunner, MARKS } from './example-runner.js';
import { parsePage, readPages } from './page.js';

/** A page has many commands. */
const TIMEOUT_MS = 240_000;
const OUR_COMMANDS = /^\s*(npx +)?(civitdl|civitconfig)\b/m;

const pages = readPages();

// The pages run at the same time.
it.override('civitai', ({ server }) => server);

it.concurrent.for(pages)(
  'does what $path says, in its order',
  { timeout: TIMEOUT_MS },
  async ({ blocks }, { sandbox, civitai: server }) => {
    const runner = await ExampleRunner.create(sandbox, server);
    for (const block of blocks) await runner.run(block);
  },
);

it.each(pages)('leaves no example of $path out that could be run', ({ blocks }) => {
  for (const { language, marks, text } of blocks) {
    expect(language, `the language of a block:\n${text}`).toMatch(
      /^(sh|text|js|json|dockerfile|yaml|python)$/,
    );
    for (const mark of marks.keys()) expect(MARKS).toContain(mark);
    if (language === 'sh' && marks.has('not-run')) expect(text).not.toMatch(OUR_COMMANDS);
  }
});

describe('a page that is wrong', () => {
  const follow = async (...lines: string[]) => {
    await sandbox.clear();
    const runner = await ExampleRunner.create(sandbox, civitai);
    for (const block of parsePage('wrong.md', lines.join('\n')).blocks) await runner.run(block);
  };
  const hello = ['```sh', 'echo hello; mkdir -p models; touch "models/a b"', '```'];

  it.each([
    ['status', ['```sh', 'exit 3', '```'], /^Status 3, not 0/],
    ['status in a pipe', ['```sh', 'false | true', '```'], /^Status 1, not 0/],
    ['expected status', ['```sh status=3', 'true', '```'], /^Status 0, not 3/],
    ['output', [...hello, '```text output', 'hell…', 'goodbye', '```'], /shows 'goodbye'/],
    ['file', [...hello, '```text files', 'models/', '  a b  there', '  b  not', '```'], /models\/b/],
  ])('is noticed: %s', async (_what, lines, message) => {
    await expect(follow(...lines)).rejects.toThrow(message);
  });

  it('is told from a right one', async () => {
    await follow('```sh not-run', 'exit 3', '```', '```json file=a.json', '{}', '```');
    await follow(...hello, '```text output', 'h…o', '```', '```text files', 'models/', '  a b  this', '```');
    await follow('```json file=a.json', '{}', '```', '```sh', 'grep "{}" a.json', '```');
  });
});
