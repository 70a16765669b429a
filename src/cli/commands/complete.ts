import { configPaths } from '../../config/config-paths.js';
import { readStoredNames } from '../../config/stored-names.js';
import { answerLines } from '../completion/answer.js';
import type { Shell } from '../completion/shells.js';
import { type Command, describeCommand } from '../completion/spec.js';
import { type Context, configDir } from '../context.js';
import { printLines } from '../print.js';

/** Separates words in the environment: an argument rarely has a line break. */
const WORDS_VARIABLE = 'CIVITDL_COMPLETION';

/** Prints what a shell offers for a command line. */
export async function runComplete(
  shell: Shell,
  program: Command,
  words: readonly string[],
  context: Context,
): Promise<void> {
  const lines = await answerLines(
    shell,
    {
      program: describeCommand(program),
      words: shell === 'powershell' && words.length === 0 ? wordsOf(context) : words,
    },
    {
      folders: context,
      stored: async () => readStoredNames(configPaths(await configDir(context)).config),
    },
  );
  printLines(context.stdout, lines);
}

function wordsOf({ env }: Context): readonly string[] {
  return (env[WORDS_VARIABLE] ?? '').split('\n');
}
