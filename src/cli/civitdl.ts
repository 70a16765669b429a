import type { Command } from 'commander';
import { version } from '../version.js';
import type { Context, StandardOutputs } from './context.js';
import { addDownloadOptions, typedRequest } from './download-options.js';
import { downloadHelp } from './help.js';
import { createProgram, runProgram } from './program.js';

const SOURCES = [
  'one or more sources, then the root directory. A source is a model id, a URL of a page or download, an AIR,',
  'MODEL@VERSION, a hash, user:NAME, search:TEXT, collection:N, image:N, post:N, favorites, the page of a list, the path',
  'of a batch file or a picture, - for standard input, or a comma-separated list of these',
].join(' ');

/** The first argument can be one of these words; `./search` is a file. */
const WORDS: ReadonlyMap<string, (rest: readonly string[], context: Context) => Promise<number>> = new Map([
  ['info', async (rest, context) => (await import('./info.js')).main(rest, context)],
  ['search', async (rest, context) => (await import('./search.js')).main(rest, context)],
]);

/** Runs `civitdl` with the arguments after its name and returns its exit status. Never throws. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  const [first = '', ...rest] = argv;
  const word = WORDS.get(first);
  return word ? word(rest, context) : download(argv, context);
}

async function download(argv: readonly string[], context: Context): Promise<number> {
  let status = 0;
  const program = downloadProgram(context).action(async () => {
    const request = typedRequest(program, program.args);
    // Told even if the configuration is broken.
    if (program.args.length === 0) throw await missingSource(request.output);
    const { run } = await import('./commands/download.js');
    status = await run(request, context);
  });
  return runProgram(program, argv, context, () => status);
}

async function missingSource(typedOutput: string | undefined): Promise<Error> {
  const { missingSourceError } = await import('./arguments.js');
  return missingSourceError(typedOutput);
}

/** Builds the command with its arguments and options, but without its action. */
export function downloadProgram(outputs: StandardOutputs): Command {
  const program = createProgram('civitdl', outputs)
    .description(
      'Downloads models from Civitai: the model file, its metadata, and example images with their prompts.',
    )
    .usage(
      [
        '[options] <source...> <rootdir>',
        'civitdl search [options] <text...>',
        'civitdl info [options] <source>',
      ].join('\n       '),
    )
    .argument('[paths...]', SOURCES);
  return downloadHelp(addDownloadOptions(program).version(version, '-v, --version'));
}
