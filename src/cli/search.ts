import type { Command } from 'commander';
import type { Context, StandardOutputs } from './context.js';
import { addDownloadOptions, typedRequest } from './download-options.js';
import { createProgram, runProgram } from './program.js';

/** Runs `civitdl search` with the arguments after the word and returns its exit status. Never throws. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  let status = 0;
  const program = searchProgram(context).action(async (words: readonly string[]) => {
    const { runSearch } = await import('./commands/search.js');
    status = await runSearch(words.join(' '), typedRequest(program, []), context);
  });
  return runProgram(program, argv, context, () => status);
}

/** Builds the command with its argument and options, but without its action. */
export function searchProgram(outputs: StandardOutputs): Command {
  return addDownloadOptions(createProgram('search', outputs, 'civitdl'))
    .description(
      'Lists the models that Civitai finds. On a terminal with a root directory, it asks which of them to download, ' +
        'with the options of a download.',
    )
    .argument('<text...>', 'words to search for');
}
