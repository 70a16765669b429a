import { Command } from 'commander';
import { expect, it } from 'vitest';
import { answerLines } from '../../../src/cli/completion/answer.js';
import { describeCommand } from '../../../src/cli/completion/spec.js';

/** A program with commands as well as arguments. */
const program = new Command('civitdl').argument('[paths...]').option('-x, --ex <n>', 'what').exitOverride();
program
  .command('search')
  .description('finds models')
  .argument('<words...>')
  .option('--sort <name>', 'the order');
program.command('hidden', { hidden: true });

const context = {
  folders: { cwd: '/', home: '/home' },
  stored: async () => ({ aliases: { '@models': '/models' }, sorters: {} }),
};

const answer = (words: readonly string[]) =>
  answerLines('fish', { program: describeCommand(program), words }, context);

it.each([
  ['commands, aliases and files', [''], ['files\tspace\t\t', 'search\tfinds models', '@models\t/models']],
  ['only aliases and files after a source', ['66', ''], ['files\tspace\t\t', '@models\t/models']],
  ['nothing for other arguments of a command', ['search', ''], ['values\tspace\t\t']],
  [
    'options of the command, and those of the program',
    ['search', 'anime', '--'],
    ['values\tspace\t\t--', '--sort\tthe order', '--help\tdisplay help for command', '--ex\twhat'],
  ],
  [
    'a command after the option of the program',
    ['-x', 'search', 'se'],
    ['files\tspace\t\tse', 'search\tfinds models'],
  ],
  ['nothing after a word that moves the cursor', ['\u001b[2J'], []],
])('offers %s', async (_what, words, lines) => {
  expect(await answer(words)).toEqual(lines);
});

it('offers bash the words that start with what was typed, next to files', async () => {
  const request = { program: describeCommand(program), words: ['civitdl sea', 'sea'] };
  expect(await answerLines('bash', request, context)).toEqual(['files\tspace\t\tsea', 'search']);
});
