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
    .description('Keeps the settings of civitdl.')
    .option('--json', 'JSON on stdout, for programs')
    .option('--verbose', 'requests and stack traces on stderr; never a key')
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
      .description('sets defaults for all later runs, and prints them')
      .option('-k, --api-key', 'ask for the API key with hidden input, and keep it')
      .option('--no-api-key', 'forget the key'),
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
    const { configureSorters } = await import('./commands/sorter.js');
    const { json, ...typed } = command.optsWithGlobals<Everywhere & { add?: string; delete?: string }>();
    await configureSorters({ add: typed.add, remove: typed.delete, origin, json: json === true }, context);
  });
}

function addAlias(program: Command, context: Context): void {
  const command = program
    .command('alias')
    .description('adds and deletes short names of folders, and lists them')
    .usage('[options] [--add <name> <path> | --delete <name>]')
    .argument('[path]', 'with --add: the folder; it may start with another alias, or with ~')
    .addOption(
      new Option('-a, --add <name> <path>', 'let a root directory start with @name').conflicts('delete'),
    )
    .option('-d, --delete <name>', 'forget an alias');
  command.action(async (path: string | undefined) => {
    const { configureAliases } = await import('./commands/alias.js');
    const { json, ...typed } = command.optsWithGlobals<Everywhere & { add?: string; delete?: string }>();
    await configureAliases({ add: typed.add, remove: typed.delete, path, json: json === true }, context);
  });
}

function addSettings(program: Command, context: Context, ended: Ended): void {
  const command = program
    .command('settings')
    .description('resets, saves and brings in all settings, and says where they are')
    .addOption(new Option('-r, --reset', 'start anew; the old settings go to the trash folder'))
    .addOption(new Option('-d, --download <path>', 'save all settings as a zip file').conflicts('reset'))
    .addOption(
      new Option(
        '--import <path>',
        'bring in such a zip file, or the settings of the Python civitdl',
      ).conflicts(['reset', 'download']),
    )
    .option('--with-key', 'with --download: the API key, too')
    .option('-y, --yes', 'ask nothing');
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
    .description('tells which files are remembered, and fills or empties that memory')
    .addOption(
      new Option('--scan <path>', 'remember all model files below a folder, which are read for that'),
    )
    .addOption(new Option('--clear', 'forget all files; none is deleted').conflicts('scan'));
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
    .description("prints a script that lets a shell complete the commands' options and names")
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const [{ completionScript }, { downloadProgram }] = await Promise.all([
        import('./completion/completion.js'),
        import('./civitdl.js'),
      ]);
      context.stdout.write(completionScript(shell, [downloadProgram(context), program]));
    });
}
