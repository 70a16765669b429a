import { type Command, Option } from 'commander';
import { version } from '../version.js';
import { addOptions, createProgram, exitStatusOf, typedOptions } from './command-line.js';
import type { Context } from './context.js';

interface Switches {
  /** True to ask for a key, false to forget it. */
  readonly apiKey?: boolean;
}

/** Runs `civitconfig` with the arguments after its name and returns its exit status. Never throws. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  const program = createProgram('civitconfig', context)
    .description('Keeps the settings of civitdl.')
    .option('--verbose', 'requests and stack traces on stderr; never a key')
    .version(version, '-v, --version');

  const defaults = addOptions(
    program
      .command('default')
      .description('sets defaults for all later runs, and prints them')
      .option('-k, --api-key', 'ask for the API key with hidden input, and keep it')
      .option('--no-api-key', 'forget the key'),
  );
  defaults.action(async () => {
    const { configureDefaults } = await import('./configure-defaults.js');
    const { apiKey } = defaults.opts<Switches>();
    await configureDefaults(
      { options: typedOptions(defaults), apiKey: isTyped(defaults) ? apiKey : undefined },
      context,
    );
  });
  addSorter(program, context);
  return exitStatusOf(program, argv, context, () => 0);
}

function addSorter(program: Command, context: Context): void {
  const command = program
    .command('sorter')
    .description('adds and deletes sorters, which decide folders, and lists them')
    .usage('[options] [--add <name> <path or template> | --delete <name>]')
    .argument('[origin]', 'with --add: the path of a file, or a template')
    .addOption(
      new Option(
        '-a, --add <name> <path or template>',
        'add a sorter; a file is tried and copied, and is code that runs with all your rights',
      ).conflicts('delete'),
    )
    .option('-d, --delete <name>', 'delete an added sorter');
  command.action(async (origin: string | undefined) => {
    const { configureSorters } = await import('./configure-sorters.js');
    const typed = command.opts<{ add?: string; delete?: string }>();
    await configureSorters({ add: typed.add, remove: typed.delete, origin }, context);
  });
}

/** Whether the key was spoken of at all: a switch that exists in its negative form has a value without that. */
function isTyped(command: ReturnType<typeof createProgram>): boolean {
  return command.getOptionValueSource('apiKey') === 'cli';
}
