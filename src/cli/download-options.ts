import { type Command, Option } from 'commander';
import { optionGroups } from '../options/options.js';
import type { TypedRequest } from './commands/run-request.js';
import { addOptions, typedOptions } from './program.js';

interface Flags {
  readonly output?: string;
  readonly apiKey?: true;
  readonly verbose?: true;
  readonly file?: string;
  readonly dryRun?: true;
  readonly forceSpace?: true;
  readonly json?: true;
  readonly yes?: true;
  readonly quiet?: true;
  readonly failed?: string;
  readonly exec?: string;
  readonly open?: true;
}

const { choice, place, reuse, network, output, after } = optionGroups;

type OptionRow = readonly [flags: string, group: string, description: string];

/** Options of a single run, which cannot be stored. */
const RUN_OPTIONS: readonly OptionRow[] = [
  ['--file <id, name or type>', choice, 'download this file of each version instead of its primary one'],
  ['-n, --dry-run', choice, 'show which files would be written, without downloading anything'],
  ['-y, --yes', choice, 'start a run of lists without a question, however large it is'],
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

/** Adds all options of a download. The groups of the help are in the order of their first options. */
export function addDownloadOptions(program: Command): Command {
  addRunOptions(program, (group) => group === choice);
  addOptions(program);
  addRunOptions(program, (group) => group !== choice);
  return program;
}

function addRunOptions(program: Command, isWanted: (group: string) => boolean): void {
  for (const [flags, group, description] of RUN_OPTIONS)
    if (isWanted(group)) program.addOption(new Option(flags, description).helpGroup(group));
}

/** Returns what was typed for a program that has all options of a download. */
export function typedRequest(program: Command, paths: readonly string[]): TypedRequest {
  const { apiKey, verbose, dryRun, forceSpace, json, yes, quiet, open, ...flags } = program.opts<Flags>();
  return {
    paths,
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
    yes: yes === true,
    quiet: quiet === true,
    open: open === true,
  };
}
