import { type Command, Option } from 'commander';
import { type OptionName, optionGroups } from '../options/options.js';
import type { Context, StandardOutputs } from './context.js';
import { addOptions, createProgram, runProgram, typedOptions } from './program.js';

/** The options of a request to the API, and of its output. */
const OPTIONS: readonly OptionName[] = ['retryCount', 'timeout', 'proxy', 'userAgent', 'withColor'];

interface Flags {
  readonly apiKey?: true;
  readonly json?: true;
  readonly verbose?: true;
}

/** Runs `civitdl info` with the arguments after the word and returns its exit status. Never throws. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  const program = infoProgram(context).action(async (source: string) => {
    const { apiKey, json, verbose } = program.opts<Flags>();
    const { runInfo } = await import('./commands/info.js');
    const flags = { askKey: apiKey === true, json: json === true, verbose: verbose === true };
    await runInfo({ source, options: typedOptions(program), ...flags }, context);
  });
  return runProgram(program, argv, context, () => 0);
}

/** Builds the command with its argument and options, but without its action. */
export function infoProgram(outputs: StandardOutputs): Command {
  const { network, output } = optionGroups;
  return addOptions(createProgram('info', outputs, 'civitdl'), OPTIONS)
    .description('Describes a model, its versions and their files, without downloading anything.')
    .argument('<source>', 'a model id, a URL of a page or download, an AIR, MODEL@VERSION, or a hash')
    .addOption(new Option('-k, --api-key', 'ask for the API key (input is hidden)').helpGroup(network))
    .addOption(new Option('--json', 'print one JSON object').helpGroup(output))
    .addOption(new Option('--verbose', 'print requests on stderr').helpGroup(output));
}
