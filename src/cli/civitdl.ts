import { type Command, Option } from 'commander';
import { optionGroups } from '../options.js';
import { version } from '../version.js';
import type { Context, StandardOutputs } from './context.js';
import { downloadHelp } from './help.js';
import { addOptions, createProgram, runProgram, typedOptions } from './program.js';

const SOURCES = [
  'one or more sources, then the root directory. A source is a model id, a URL of a page or download, an AIR,',
  'MODEL@VERSION, a hash, the path of a batch file, - for standard input, or a comma-separated list of these',
].join(' ');

interface Flags {
  readonly output?: string;
  readonly apiKey?: true;
  readonly verbose?: true;
  readonly file?: string;
  readonly dryRun?: true;
  readonly forceSpace?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly failed?: string;
  readonly exec?: string;
  readonly open?: true;
}

/** Runs `civitdl` with the arguments after its name and returns its exit status. Never throws. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  let status = 0;
  const program = downloadProgram(context).action(async () => {
    const { apiKey, verbose, dryRun, forceSpace, json, quiet, open, ...flags } = program.opts<Flags>();
    // Told even if the configuration is broken.
    if (program.args.length === 0) throw await missingSource(flags.output);
    const { run } = await import('./commands/download.js');
    status = await run(
      {
        paths: program.args,
        options: typedOptions(program),
        output: flags.output,
        file: flags.file,
        failed: flags.failed,
        exec: flags.exec,
        askKey: apiKey === true,
        verbose: verbose === true,
        dryRun: dryRun === true,
        forceSpace: forceSpace === true,
        json: json === true,
        quiet: quiet === true,
        open: open === true,
      },
      context,
    );
  });
  return runProgram(program, argv, context, () => status);
}

async function missingSource(typedOutput: string | undefined): Promise<Error> {
  const { missingSourceError } = await import('./arguments.js');
  return missingSourceError(typedOutput);
}

const { choice, place, reuse, network, output, after } = optionGroups;

type OptionRow = readonly [flags: string, group: string, description: string];

/** Options of a single run, which cannot be stored. */
const RUN_OPTIONS: readonly OptionRow[] = [
  ['--file <id, name or type>', choice, 'download this file of each version instead of its primary one'],
  ['-n, --dry-run', choice, 'show which files would be written, without downloading anything'],
  [
    '-o, --output <dir>',
    place,
    "the root directory: all arguments are sources then; 'civitconfig default --root-dir' stores one",
  ],
  ['--force-space', reuse, 'start even if there is not enough free space'],
  ['-k, --api-key', network, 'ask for the API key (input is hidden) and use it for this run only'],
  ['--json', output, 'print one JSON object per line on stdout, for programs'],
  ['--failed <file>', output, 'write what failed, with reasons, to a batch file for the next run'],
  ['-q, --quiet', output, 'print only errors'],
  ['--verbose', output, 'print requests, decisions and stack traces on stderr, never the API key'],
  [
    '--exec <command>',
    after,
    'run this shell command for each downloaded model; CIVITDL_PATH and other variables describe the model',
  ],
  ['--open', after, "open the models' pages in the browser"],
];

/** Builds the command with its arguments and options, but without its action. */
export function downloadProgram(outputs: StandardOutputs): Command {
  const program = createProgram('civitdl', outputs)
    .description(
      'Downloads models from Civitai: the model file, its metadata, and example images with their prompts.',
    )
    .usage('[options] <source...> <rootdir>')
    .argument('[paths...]', SOURCES);
  // The groups of the help are in the order of their first options.
  addRunOptions(program, (group) => group === choice);
  addOptions(program);
  addRunOptions(program, (group) => group !== choice);
  return downloadHelp(program.version(version, '-v, --version'));
}

function addRunOptions(program: Command, isWanted: (group: string) => boolean): void {
  for (const [flags, group, description] of RUN_OPTIONS)
    if (isWanted(group)) program.addOption(new Option(flags, description).helpGroup(group));
}
