import type { Command } from 'commander';
import { version } from '../version.js';
import type { Context, StandardOutputs } from './context.js';
import { addOptions, createProgram, runProgram, splitPaths, typedOptions } from './program.js';

const SOURCES = [
  'one or more sources, then the root directory. A source is a model id, a URL of a page or download, an AIR,',
  'MODEL@VERSION, a hash, the path of a batch file, - for standard input, or a comma-separated list of these',
].join(' ');

interface Flags {
  readonly apiKey?: true;
  readonly verbose?: true;
  readonly file?: string;
  readonly dryRun?: true;
  readonly forceSpace?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly failed?: string;
}

/** Runs `civitdl` with the arguments after its name and returns its exit status. Never throws. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  let status = 0;
  const program = downloadProgram(context).action(async () => {
    const { apiKey, verbose, dryRun, forceSpace, json, quiet, failed, file } = program.opts<Flags>();
    const typed = { ...splitPaths(program.args), options: typedOptions(program), file };
    const { run } = await import('./commands/download.js');
    status = await run(
      {
        ...typed,
        askKey: apiKey === true,
        verbose: verbose === true,
        dryRun: dryRun === true,
        forceSpace: forceSpace === true,
        json: json === true,
        quiet: quiet === true,
        failed,
      },
      context,
    );
  });
  return runProgram(program, argv, context, () => status);
}

/** Builds the command with its arguments and options, but without its action. */
export function downloadProgram(outputs: StandardOutputs): Command {
  return addOptions(
    createProgram('civitdl', outputs)
      .description(
        'Downloads models from Civitai: the model file, its metadata, and example images with their prompts.',
      )
      .usage('[options] <source...> <rootdir>')
      .argument('[paths...]', SOURCES)
      .option('-k, --api-key', 'ask for the API key (input is hidden) and use it for this run only'),
  )
    .option('--file <id, name or type>', 'download this file of each version instead of its primary one')
    .option('--dry-run', 'show which files would be written, without downloading anything')
    .option('--force-space', 'start even if there is not enough free space')
    .option('--json', 'print one JSON object per line on stdout, for programs')
    .option('--failed <file>', 'write what failed, with reasons, to a batch file for the next run')
    .option('--quiet', 'print only errors')
    .option('--verbose', 'print requests, decisions and stack traces on stderr, never the API key')
    .version(version, '-v, --version');
}
