import { expect, it } from 'vitest';
import { configProgram } from '../../src/cli/civitconfig.js';
import { downloadProgram } from '../../src/cli/civitdl.js';
import type { Context } from '../../src/cli/context.js';
import { readPages } from './page.js';

const pages = readPages();
const output = process as Pick<Context, 'stdout' | 'stderr'> as Context;
const civitdl = downloadProgram(output);
const civitconfig = configProgram(output, () => {});

/** The lines of the examples that are run. */
const typed = pages
  .flatMap(({ blocks }) => blocks)
  .filter(({ language, marks }) => language === 'sh' && !marks.has('not-run'))
  .flatMap(({ text }) => text.split('\n'));

it.each(civitdl.options.filter(({ hidden }) => !hidden).map(({ flags }) => [flags]))(
  'tells of civitdl %s below a heading of its own',
  (flags) => {
    const page = pages.find(({ path }) => path === 'doc/civitdl.md');
    const positive = flags.replace('--no-', '--');
    const option = civitdl.options.some((other) => other.flags.includes(positive)) ? positive : flags;
    expect(page?.headings.some(({ title }) => title.replaceAll('`', '').includes(option))).toBe(true);
  },
);

const commands = [civitdl, civitconfig, ...civitconfig.commands].map((command) => ({
  words: command.parent ? [command.parent.name(), command.name()] : [command.name()],
  options: command.options.filter(({ hidden, negate }) => !hidden && !negate),
}));

it.each(
  commands.flatMap(({ words, options }) => [
    { words, what: words.join(' '), forms: [] },
    ...options.map(({ flags, short, long }) => ({
      words,
      what: [...words, flags].join(' '),
      // The example of a switch may turn it off.
      forms: [short, long, long?.replace('--', '--no-')],
    })),
  ]),
)('has an example of $what', ({ words, forms }) => {
  const isExample = (line: string) => {
    const all = line.split(/[\s|;()]+/);
    const hasOption = forms.length === 0 || forms.some((form) => form !== undefined && all.includes(form));
    return hasOption && words.every((word) => all.includes(word));
  };
  expect(typed.filter(isExample)).not.toEqual([]);
});

/** The commands in other blocks, such as a Dockerfile: they are not run, but their options must be there. */
const notRun = pages.flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language, marks }) => language !== 'sh' && language !== 'js' && !marks.has('output'))
    .flatMap(({ text }) => text.split('\n'))
    .flatMap((line) => [...line.matchAll(/\b(civitdl|civitconfig)\b(?:\.cmd)?(?<words> .*)/g)])
    .map(({ 1: name = '', groups }) => [path, name, groups?.words ?? ''] as const),
);

it.each(notRun)('%s: names only options of %s in%s', (_path, name, words) => {
  const own = commands.filter((command) => command.words[0] === name);
  const known = [civitdl, civitconfig, ...civitconfig.commands].flatMap(({ options }) => options);
  expect(own).not.toEqual([]);
  const typedOptions = [...words.matchAll(/ (--[a-z-]+)/g)].map(([, option = '']) => option);
  for (const option of typedOptions)
    expect(['--help', ...known.map(({ long }) => long)], option).toContain(option);
});
