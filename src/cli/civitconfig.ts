import { Argument, type Command, Option } from 'commander';
import { version } from '../version.js';
import type { Context } from './context.js';
import { exitStatus } from './exit-status.js';
import { addOptions, createProgram, runProgram, typedOptions } from './program.js';

/** Options of all subcommands, before or behind their names. */
interface Everywhere {
  readonly json?: true;
  readonly verbose?: true;
}

/** Runs `civitconfig` with the arguments after its name and returns its exit status. Never throws. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  let status: number = exitStatus.done;
  const program = configProgram(context, (ended) => {
    status = ended;
  });
  return runProgram(program, argv, context, () => status);
}

type Ended = (status: number) => void;

/** The command with all its subcommands; what one of them returns is handed to `ended`. */
export function configProgram(context: Context, ended: Ended): Command {
  const program = createProgram('civitconfig', context)
    .description('Manages the settings of civitdl.')
    .option('--json', 'print JSON on stdout, for programs')
    .option('--verbose', 'print requests and stack traces on stderr, never the API key')
    .version(version, '-v, --version')
    .configureHelp({ showGlobalOptions: true });
  addDefault(program, context);
  addSorter(program, context);
  addAlias(program, context);
  addSettings(program, context, ended);
  addCache(program, context, ended);
  addCompletion(program, context);
  return program;
}

function addDefault(program: Command, context: Context): void {
  const command = addOptions(
    program
      .command('default')
      .description('set defaults for all later runs, or show them')
      .option('-k, --api-key', 'ask for the API key (input is hidden) and store it')
      .option('--no-api-key', 'delete the stored API key'),
  );
  command.action(async () => {
    const { configureDefaults } = await import('./commands/default.js');
    // A switch that exists in its negative form has a value although nobody typed it.
    const isTyped = command.getOptionValueSource('apiKey') === 'cli';
    const { apiKey, json, verbose } = command.optsWithGlobals<Everywhere & { apiKey: boolean }>();
    const request = { options: typedOptions(command), apiKey: isTyped ? apiKey : undefined };
    await configureDefaults({ ...request, json: json === true, verbose: verbose === true }, context);
  });
}

function addSorter(program: Command, context: Context): void {
  const command = program
    .command('sorter')
    .description('add, delete or list sorters, which choose the folders of a model')
    .usage('[options] [--add <name> <path or template> | --delete <name>]')
    .argument('[origin]', 'with --add: the path of a sorter file, or a template')
    .addOption(
      new Option(
        '-a, --add <name> <path or template>',
        'add a sorter; a file is tested and copied, and runs as code with all your permissions',
      ).conflicts('delete'),
    )
    .option('-d, --delete <name>', 'delete an added sorter');
  command.action(async (origin: string | undefined) => {
    const { configureSorters } = await import('./commands/sorter.js');
    const { json, ...typed } = command.optsWithGlobals<Everywhere & { add?: string; delete?: string }>();
    await configureSorters({ add: typed.add, remove: typed.delete, origin, json: json === true }, context);
  });
}

function addAlias(program: Command, context: Context): void {
  const command = program
    .command('alias')
    .description('add, delete or list aliases, which are short names of folders')
    .usage('[options] [--add <name> <path> | --delete <name>]')
    .argument('[path]', 'with --add: the folder; may start with another alias or with ~')
    .addOption(
      new Option(
        '-a, --add <name> <path>',
        'add an alias, so that a root directory can start with @name',
      ).conflicts('delete'),
    )
    .option('-d, --delete <name>', 'delete an alias');
  command.action(async (path: string | undefined) => {
    const { configureAliases } = await import('./commands/alias.js');
    const { json, ...typed } = command.optsWithGlobals<Everywhere & { add?: string; delete?: string }>();
    await configureAliases({ add: typed.add, remove: typed.delete, path, json: json === true }, context);
  });
}

function addSettings(program: Command, context: Context, ended: Ended): void {
  const command = program
    .command('settings')
    .description('reset, export or import all settings, or show where they are stored')
    .addOption(new Option('-r, --reset', 'reset all settings; the old ones are moved to the trash folder'))
    .addOption(new Option('-d, --download <path>', 'export all settings to a zip file').conflicts('reset'))
    .addOption(
      new Option(
        '--import <path>',
        'import settings from such a zip file, or from the Python civitdl',
      ).conflicts(['reset', 'download']),
    )
    .option('--with-key', 'with --download: include the API key')
    .option('-y, --yes', 'do not ask for confirmation');
  command.action(async () => {
    const { configureSettings } = await import('./commands/settings.js');
    const typed = command.optsWithGlobals<
      Everywhere & { reset?: true; download?: string; import?: string; withKey?: true; yes?: true }
    >();
    const request = {
      reset: typed.reset === true,
      download: typed.download,
      import: typed.import,
      withKey: typed.withKey === true,
      yes: typed.yes === true,
      json: typed.json === true,
    };
    ended(await configureSettings(request, context));
  });
}

function addCache(program: Command, context: Context, ended: Ended): void {
  const command = program
    .command('cache')
    .description('list the files in the cache, add files to it, or clear it')
    .addOption(
      new Option(
        '--scan <path>',
        'read all model files in a folder and its subfolders, and add them to the cache',
      ),
    )
    .addOption(
      new Option('--clear', 'remove all files from the cache; deletes none from disk').conflicts('scan'),
    );
  command.action(async () => {
    const { configureCache } = await import('./commands/cache.js');
    const { json, verbose, ...typed } = command.optsWithGlobals<
      Everywhere & { scan?: string; clear?: true }
    >();
    const request = { scan: typed.scan, clear: typed.clear === true };
    ended(await configureCache({ ...request, json: json === true, verbose: verbose === true }, context));
  });
}

function addCompletion(program: Command, context: Context): void {
  program
    .command('completion')
    .description('print a script that completes the commands and their options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const [{ completionScript }, { downloadProgram }] = await Promise.all([
        import('./completion/completion.js'),
        import('./civitdl.js'),
      ]);
      context.stdout.write(completionScript(shell, [downloadProgram(context), program]));
    });
}
