import { Argument, type Command, Option } from 'commander';
import { optionGroups } from '../options/options.js';
import { version } from '../version.js';
import { type Shell, shells } from './completion/shells.js';
import type { Context } from './context.js';
import { exitStatus } from './exit-status.js';
import { configHelp } from './help.js';
import { API_KEY, addOptions, createProgram, runProgram, settingNames, typedOptions } from './program.js';

/** Options of all subcommands, before or after their names. */
interface GlobalFlags {
  readonly json?: true;
  readonly verbose?: true;
}

type SetStatus = (status: number) => void;

/** Runs `civitconfig` with the arguments after its name and returns its exit status. Never throws. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  let status: number = exitStatus.done;
  const program = configProgram(context, (newStatus) => {
    status = newStatus;
  });
  return runProgram(program, argv, context, () => status);
}

/** Builds the command with all its subcommands; `setStatus` gets the exit status of the one that ran. */
export function configProgram(context: Context, setStatus: SetStatus): Command {
  const program = createProgram('civitconfig', context)
    .description('Manages the settings of civitdl.')
    .option('--json', 'print JSON on stdout, for programs')
    .option('--verbose', 'print requests and stack traces on stderr, never the API key')
    .version(version, '-v, --version');
  program.configureHelp({ ...program.configureHelp(), showGlobalOptions: true });
  addLogin(program, context);
  addDefault(program, context);
  addSetting(program, context);
  addSorter(program, context);
  addAlias(program, context);
  addSettings(program, context, setStatus);
  addCache(program, context, setStatus);
  addCompletion(program, context);
  return configHelp(program);
}

function addLogin(program: Command, context: Context): void {
  const flagsOf = (command: Command) => {
    const { json = false, verbose = false } = command.optsWithGlobals<GlobalFlags>();
    return { json, verbose };
  };
  const login = program
    .command('login')
    .description("ask for the API key (input is hidden), verify it and store it, as 'default -k' does")
    .action(async () => {
      const { runLogin } = await import('./commands/login.js');
      await runLogin(flagsOf(login), context);
    });
  const logout = program
    .command('logout')
    .description("delete the stored API key, as 'default --no-api-key' does")
    .action(async () => {
      const { runLogout } = await import('./commands/login.js');
      await runLogout(flagsOf(logout), context);
    });
  const whoami = program
    .command('whoami')
    .description('show whose API key is used, and where it comes from')
    .action(async () => {
      const { runWhoami } = await import('./commands/login.js');
      await runWhoami(flagsOf(whoami), context);
    });
}

function addSetting(program: Command, context: Context): void {
  const isJson = (command: Command) => command.optsWithGlobals<GlobalFlags>().json === true;
  const settings = (names: readonly string[]) => {
    const argument = new Argument('<setting>', 'the long name of an option');
    // For help and completion: the command itself accepts more forms, and suggests the right one.
    argument.argChoices = [...names];
    return argument;
  };
  const get = program
    .command('get')
    .description('print the value of one setting')
    .addArgument(settings(settingNames))
    .action(async (name: string) => {
      const { runGet } = await import('./commands/setting.js');
      await runGet(name, isJson(get), context);
    });
  const set = program
    .command('set')
    .description('store the value of one setting')
    .addArgument(settings(settingNames.filter((name) => name !== API_KEY)))
    .argument('<value>', 'the value as the option takes it; on or off for a switch')
    .action(async (name: string, value: string) => {
      const { runSet } = await import('./commands/setting.js');
      await runSet(name, value, isJson(set), context);
    });
  const path = program
    .command('path')
    .description('print the path of the configuration file')
    .action(async () => {
      const { runPath } = await import('./commands/setting.js');
      await runPath(isJson(path), context);
    });
}

function addDefault(program: Command, context: Context): void {
  const command = addOptions(
    program
      .command('default')
      .description('set defaults for all later runs, or show them')
      .option('-k, --api-key', 'ask for the API key (input is hidden) and store it')
      .option('--no-api-key', 'delete the stored API key')
      .addOption(
        new Option(
          '--root-dir <path>',
          'the folder to download to if none is given; may start with an alias or with ~',
        ).helpGroup(optionGroups.place),
      )
      .addOption(
        new Option('--no-root-dir', 'delete the stored root directory').helpGroup(optionGroups.place),
      ),
  );
  command.action(async () => {
    const { runDefault } = await import('./commands/default.js');
    const {
      apiKey: typedKey,
      rootDir: typedRoot,
      json = false,
      verbose = false,
    } = command.optsWithGlobals<GlobalFlags & { apiKey: boolean; rootDir: string | false }>();
    // Commander gives a switch a value if it has a negative form, even if it was not typed.
    const apiKey = command.getOptionValueSource('apiKey') === 'cli' ? typedKey : undefined;
    const rootDir = command.getOptionValueSource('rootDir') === 'cli' ? typedRoot : undefined;
    await runDefault({ newDefaults: typedOptions(command), rootDir, apiKey, json, verbose }, context);
  });
}

function addSorter(program: Command, context: Context): void {
  const command = program
    .command('sorter')
    .description('add, delete or list sorters, which choose the folders of a model')
    .usage('[--add <name> <path or template> | --delete <name>]')
    .argument('[origin]', 'with --add: the path of a sorter file, or a template')
    .addOption(
      new Option(
        '-a, --add <name> <path or template>',
        'add a sorter; a file is tested and copied, and runs as code with all your permissions',
      ).conflicts('delete'),
    )
    .option('-d, --delete <name>', 'delete an added sorter');
  command.action(async (origin: string | undefined) => {
    const { runSorter } = await import('./commands/sorter.js');
    const {
      add,
      delete: remove,
      json = false,
    } = command.optsWithGlobals<GlobalFlags & { add?: string; delete?: string }>();
    await runSorter({ add, remove, origin, json }, context);
  });
}

function addAlias(program: Command, context: Context): void {
  const command = program
    .command('alias')
    .description('add, delete or list aliases, which are short names of folders')
    .usage('[--add <name> <path> | --delete <name>]')
    .argument('[path]', 'with --add: the folder; may start with another alias or with ~')
    .addOption(
      new Option(
        '-a, --add <name> <path>',
        'add an alias, so that a root directory can start with @name',
      ).conflicts('delete'),
    )
    .option('-d, --delete <name>', 'delete an alias');
  command.action(async (path: string | undefined) => {
    const { runAlias } = await import('./commands/alias.js');
    const {
      add,
      delete: remove,
      json = false,
    } = command.optsWithGlobals<GlobalFlags & { add?: string; delete?: string }>();
    await runAlias({ add, remove, path, json }, context);
  });
}

function addSettings(program: Command, context: Context, setStatus: SetStatus): void {
  const command = program
    .command('settings')
    .description('reset, export or import all settings, or show where they are stored')
    .addOption(new Option('-r, --reset', 'reset all settings; the old ones are moved to the trash folder'))
    .addOption(new Option('-d, --download <path>', 'export all settings to a zip file').conflicts('reset'))
    .addOption(exportOption())
    .addOption(
      new Option(
        '--import <path>',
        'import settings from such a zip file, or from the Python civitdl',
      ).conflicts(['reset', 'download']),
    )
    .option('--with-key', 'with --download: include the API key')
    .option('-y, --yes', 'do not ask for confirmation');
  command.action(async () => {
    const { runSettings } = await import('./commands/settings.js');
    const {
      reset = false,
      download,
      import: importPath,
      withKey = false,
      yes = false,
      json = false,
    } = command.optsWithGlobals<
      GlobalFlags & { reset?: true; download?: string; import?: string; withKey?: true; yes?: true }
    >();
    setStatus(await runSettings({ reset, download, importPath, withKey, yes, json }, context));
  });
}

/** A further name of `--download`. */
function exportOption(): Option {
  const option = new Option('--export <path>', 'same as --download').conflicts('reset');
  option.attributeName = () => 'download';
  return option;
}

function addCache(program: Command, context: Context, setStatus: SetStatus): void {
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
    const { runCache } = await import('./commands/cache.js');
    const {
      scan,
      clear = false,
      json = false,
      verbose = false,
    } = command.optsWithGlobals<GlobalFlags & { scan?: string; clear?: true }>();
    setStatus(await runCache({ scan, clear, json, verbose }, context));
  });
}

function addCompletion(program: Command, context: Context): void {
  const shell = () => new Argument('<shell>', 'the shell').choices(shells);
  program
    .command('completion')
    .description('print a script that completes the commands, their options and values in a shell')
    .addArgument(shell())
    .action(async (name: Shell) => {
      const { completionScript } = await import('./completion/scripts.js');
      context.stdout.write(completionScript(name));
    });
  program
    .command('complete', { hidden: true })
    .description('print what can be typed next; the scripts of the shells run it')
    .addArgument(shell())
    .addArgument(new Argument('<program>', 'the program').choices(['civitdl', 'civitconfig']))
    .argument('[words...]', 'the words, of which the last one is at the cursor; for bash, the line')
    .action(async (name: Shell, programName: string, words: readonly string[]) => {
      const [{ runComplete }, { wholeProgram }] = await Promise.all([
        import('./commands/complete.js'),
        import('./whole-program.js'),
      ]);
      const completed = programName === 'civitdl' ? wholeProgram(context) : program;
      await runComplete(name, completed, words, context);
    });
}
