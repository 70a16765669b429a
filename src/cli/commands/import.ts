import type { ConfigPaths } from '../../config/config.js';
import { withConfigLock, writeConfig } from '../../config/config.js';
import { type ImportedSettings, mergeImport, readCurrentConfig, readImport } from '../../config/import.js';
import type { Config } from '../../config/schema.js';
import { placeSorterFiles } from '../../config/sorter-files.js';
import { copyToTrash } from '../../config/trash.js';
import { absolutePath } from '../../disk/paths.js';
import { describeValue } from '../../options/option-types.js';
import { mergeOptions, optionNames, specOf } from '../../options/options.js';
import { type Context, configLocking, type Output } from '../context.js';
import { exitStatus } from '../exit-status.js';
import { printJson, printLines } from '../print.js';
import { longName } from '../program.js';
import { confirm, describeKey } from '../prompt.js';
import { tableLines } from '../terminal/table.js';

interface ImportOptions {
  readonly yes: boolean;
  readonly json: boolean;
}

/** A setting that gets another value. Of a key only its end is shown. */
interface Change {
  readonly what: string;
  readonly from: string | null;
  readonly to: string;
}

/**
 * Imports settings after showing what changes. Settings that are not in the import stay as they are.
 * @param importPath of a zip file, a folder or a `config.json`
 * @returns the exit status
 * @throws ConfigError, FileSystemError
 */
export async function importSettings(
  paths: ConfigPaths,
  importPath: string,
  { yes, json }: ImportOptions,
  context: Context,
): Promise<number> {
  const { stdout, stderr } = context;
  const imported = await readImport(absolutePath(importPath, context), context.home);
  const current = await readCurrentConfig(paths.config);
  const { config, notes } = mergeImport(current.config, imported, context);
  const changes = compareConfigs(current.config, config);
  const isChange = changes.length > 0 || current.isPython;
  // JSON is printed once, at the end.
  if (!json) printChanges(changes, notes, stdout);
  if (current.isPython) stderr.write(pythonNote(paths.config));
  if (isChange && !yes && !(await confirm('Import these settings?', context))) {
    stderr.write('Nothing was changed.\n');
    return exitStatus.other;
  }
  const trash = isChange ? await applyImport(paths, imported, context) : undefined;
  if (json) printJson(stdout, { changes, notes, trash: trash ?? null });
  else if (trash !== undefined) stdout.write(`The previous settings are in ${trash}\n`);
  return exitStatus.done;
}

function pythonNote(path: string): string {
  return `${path} belongs to the Python civitdl. It is moved to the trash folder, where the Python civitdl cannot find it.\n`;
}

/** @returns the folder in the trash with the previous configuration, if there was one */
async function applyImport(
  paths: ConfigPaths,
  imported: ImportedSettings,
  context: Context,
): Promise<string | undefined> {
  return withConfigLock(paths.config, configLocking(context), async () => {
    // Read again: another process may have changed it while the question was open.
    const current = await readCurrentConfig(paths.config);
    const sorters = await placeSorterFiles(imported.config.sorters, imported.sorterFiles, paths.sorters);
    const placed = { ...imported, config: { ...imported.config, sorters } };
    const { config } = mergeImport(current.config, placed, context);
    const trash = await copyToTrash(paths, context.now(), context.interrupted);
    await writeConfig(paths.config, config, context.interrupted);
    return trash;
  });
}

function compareConfigs(before: Config, after: Config): readonly Change[] {
  return [
    ...(before.rootDir === after.rootDir
      ? []
      : [{ what: 'root-dir', from: before.rootDir ?? null, to: after.rootDir ?? '' }]),
    ...compareOptions(before, after),
    ...compareEntries('alias', before.aliases, after.aliases),
    ...compareEntries('sorter', describeSorters(before), describeSorters(after)),
    ...(before.apiKey === after.apiKey
      ? []
      : [{ what: 'api-key', from: describeKey(before.apiKey), to: describeKey(after.apiKey) }]),
  ];
}

function compareOptions(before: Config, after: Config): readonly Change[] {
  const [from, to] = [mergeOptions(before.defaults), mergeOptions(after.defaults)];
  return optionNames
    .filter((name) => from[name] !== to[name])
    .map((name) => {
      const spec = specOf(name);
      return {
        what: longName(spec.flags),
        from: describeValue(spec, from[name]),
        to: describeValue(spec, to[name]),
      };
    });
}

function compareEntries(
  kind: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly Change[] {
  const previous = new Map(Object.entries(before));
  return Object.entries(after)
    .filter(([name, value]) => previous.get(name) !== value)
    .map(([name, value]) => ({ what: `${kind} ${name}`, from: previous.get(name) ?? null, to: value }));
}

function describeSorters({ sorters }: Config): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(sorters).map(([name, sorter]) => [name, 'file' in sorter ? sorter.file : sorter.template]),
  );
}

function printChanges(changes: readonly Change[], notes: readonly string[], stdout: Output): void {
  const table = (rows: readonly (readonly string[])[]) => tableLines(rows, stdout.columns);
  const rows = changes.map(({ what, from, to }) => [what, from === null ? `${to} (new)` : `${from} → ${to}`]);
  printLines(stdout, [
    changes.length > 0 ? 'Changes:' : 'No changes.',
    ...table(rows),
    ...(notes.length > 0 ? ['Notes:', ...table(notes.map((note) => [note]))] : []),
  ]);
}
