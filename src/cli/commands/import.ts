import { resolve } from 'node:path';
import type { ConfigPaths } from '../../config/config.js';
import { withConfigLock, writeConfig } from '../../config/config.js';
import { type Import, mergeImport, readImport, readReplaceable } from '../../config/import.js';
import type { Config } from '../../config/schema.js';
import { placeSorterFiles } from '../../config/sorter-files.js';
import { copyToTrash } from '../../config/trash.js';
import { expandHome } from '../../disk/paths.js';
import { formatValue } from '../../option-types.js';
import { mergeOptions, optionNames, specOf } from '../../options.js';
import type { Context } from '../context.js';
import { exitStatus } from '../exit-status.js';
import { longName } from '../program.js';
import { confirm, describeKey } from '../prompt.js';
import { tableLines } from '../terminal/table.js';

interface ImportRequest {
  /** Whether to go on without a question. */
  readonly yes: boolean;
  readonly json: boolean;
}

/** One value that gets another one; a key only by its end. */
interface Change {
  readonly what: string;
  readonly from: string | null;
  readonly to: string;
}

/**
 * Brings in settings from elsewhere, after showing what that changes. What is not in them stays as it is.
 * @param typed path of a zip file, a folder or a `config.json`
 * @returns the exit status
 * @throws ConfigError, FileSystemError
 */
export async function importSettings(
  places: ConfigPaths,
  typed: string,
  request: ImportRequest,
  context: Context,
): Promise<number> {
  const imported = await readImport(resolve(context.cwd, expandHome(typed, context.home)), context.home);
  const current = await readReplaceable(places.config);
  const { config, notes } = mergeImport(current.config, imported, context);
  const changes = changesOf(current.config, config);
  const isChange = changes.length > 0 || current.isPython;
  // A program gets it all at the end.
  if (!request.json) show(changes, notes, context);
  if (current.isPython) context.stderr.write(pythonRemark(places.config));
  if (isChange && !request.yes && !(await confirm('Import these settings?', context))) {
    context.stderr.write('Nothing was changed.\n');
    return exitStatus.other;
  }
  const trash = isChange ? await carryIn(places, imported, context) : undefined;
  if (request.json) {
    context.stdout.write(`${JSON.stringify({ changes, notes, trash: trash ?? null })}\n`);
  } else if (trash !== undefined) {
    context.stdout.write(`The previous settings are in ${trash}\n`);
  }
  return exitStatus.done;
}

function pythonRemark(path: string): string {
  return `${path} belongs to the Python civitdl. It is moved to the trash folder, where the Python civitdl cannot find it.\n`;
}

/** @returns the folder in the trash that has the configuration as it was; undefined where there was none */
async function carryIn(places: ConfigPaths, imported: Import, context: Context): Promise<string | undefined> {
  const locking = { lock: context.lock, signal: context.interrupted };
  return withConfigLock(places.config, locking, async () => {
    // Another process may have changed it while the question was open.
    const current = await readReplaceable(places.config);
    const sorters = await placeSorterFiles(imported.config.sorters, imported.sorterFiles, places.sorters);
    const placed = { ...imported, config: { ...imported.config, sorters } };
    const { config } = mergeImport(current.config, placed, context);
    const trash = await copyToTrash(places, context.now());
    await writeConfig(places.config, config);
    return trash;
  });
}

function changesOf(before: Config, after: Config): readonly Change[] {
  return [
    ...optionChanges(before, after),
    ...entryChanges('alias', before.aliases, after.aliases),
    ...entryChanges('sorter', describeSorters(before), describeSorters(after)),
    change('api-key', describeKey(before.apiKey), describeKey(after.apiKey), before.apiKey !== after.apiKey),
  ].filter((one) => one !== undefined);
}

function optionChanges(before: Config, after: Config): readonly (Change | undefined)[] {
  const [from, to] = [mergeOptions(before.defaults), mergeOptions(after.defaults)];
  return optionNames.map((name) => {
    const spec = specOf(name);
    return change(
      longName(spec.flags),
      formatValue(spec, from[name]),
      formatValue(spec, to[name]),
      from[name] !== to[name],
    );
  });
}

function entryChanges(
  kind: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly (Change | undefined)[] {
  const known = new Map(Object.entries(before));
  return Object.entries(after).map(([name, value]) =>
    change(`${kind} ${name}`, known.get(name) ?? null, value, known.get(name) !== value),
  );
}

function change(what: string, from: string | null, to: string, isChange: boolean): Change | undefined {
  return isChange ? { what, from, to } : undefined;
}

function describeSorters({ sorters }: Config): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(sorters).map(([name, sorter]) => [name, 'file' in sorter ? sorter.file : sorter.template]),
  );
}

function show(
  changes: readonly Change[],
  notes: readonly string[],
  { stdout }: Pick<Context, 'stdout'>,
): void {
  const table = (rows: readonly (readonly string[])[]) => tableLines(rows, stdout.columns);
  const rows = changes.map(({ what, from, to }) => [what, from === null ? `${to} (new)` : `${from} → ${to}`]);
  const lines = [
    changes.length > 0 ? 'Changes:' : 'No changes.',
    ...table(rows),
    ...(notes.length > 0 ? ['Notes:', ...table(notes.map((note) => [note]))] : []),
  ];
  for (const line of lines) stdout.write(`${line}\n`);
}
