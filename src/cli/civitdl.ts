import { version } from '../version.js';
import { addOptions, createProgram, exitStatusOf, splitPaths, typedOptions } from './command-line.js';
import type { Context } from './context.js';

const SOURCES = [
  'sources, then the root directory. A source is a model id, a URL of a page or a download, an AIR,',
  'MODEL@VERSION, a hash, the path of a batch file, - for standard input, or a list of these with commas',
].join(' ');

interface Switches {
  readonly apiKey?: true;
  readonly verbose?: true;
}

/** Runs `civitdl` with the arguments after its name and returns its exit status. Never throws. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  const program = addOptions(
    createProgram('civitdl', context)
      .description(
        'Downloads models from Civitai: the model file, its metadata, and example images with their prompts.',
      )
      .usage('[options] <source...> <rootdir>')
      .argument('[paths...]', SOURCES)
      .option('-k, --api-key', 'ask for the API key with hidden input, for this run only'),
  )
    .option('--verbose', 'requests, decisions and stack traces on stderr; never a key')
    .version(version, '-v, --version');

  let status = 0;
  program.action(async () => {
    const { apiKey, verbose } = program.opts<Switches>();
    const typed = { ...splitPaths(program.args), options: typedOptions(program) };
    const { run } = await import('./run.js');
    status = await run({ ...typed, askKey: apiKey === true, verbose: verbose === true }, context);
  });
  return exitStatusOf(program, argv, context, () => status);
}
