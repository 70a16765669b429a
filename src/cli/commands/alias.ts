import {
  type Aliases,
  addAlias,
  deleteAlias,
  dependentAliases,
  type PathContext,
  resolveAlias,
  toAliasName,
} from '../../config/alias.js';
import { readConfig, updateConfig } from '../../config/config.js';
import { UsageError } from '../../errors.js';
import { type Context, configPath } from '../context.js';
import { tableLines } from '../terminal/table.js';

/** What `civitconfig alias` is to do; without a name to add or remove, it only lists. */
export interface AliasRequest {
  readonly add: string | undefined;
  readonly remove: string | undefined;
  /** Of the alias to add. */
  readonly path: string | undefined;
  readonly json: boolean;
}

/**
 * Adds or deletes an alias where that was asked for, and prints all.
 * @throws UsageError when a name or a path can't be used
 */
export async function configureAliases(request: AliasRequest, context: Context): Promise<void> {
  const change = changeOf(request, context);
  const path = await configPath(context);
  const { aliases } = change
    ? await updateConfig(path, async (config) => ({ ...config, aliases: await change(config.aliases) }), {
        lock: context.lock,
        signal: context.interrupted,
      })
    : await readConfig(path);
  if (request.remove !== undefined) warnOfOrphans(toAliasName(request.remove), aliases, context);
  print(aliases, request.json, context);
}

function changeOf(
  { add, remove, path }: AliasRequest,
  place: PathContext,
): ((aliases: Aliases) => Aliases | Promise<Aliases>) | undefined {
  if (add !== undefined && path === undefined) {
    throw new UsageError(
      'usage',
      `The path of alias '${add}' is missing. To add it, run: civitconfig alias --add ${add} <path>`,
    );
  }
  if (add === undefined && path !== undefined) {
    throw new UsageError(
      'usage',
      `Unexpected argument '${path}'. To add an alias, run: civitconfig alias --add <name> <path>`,
    );
  }
  if (remove !== undefined) return (aliases) => deleteAlias(aliases, remove);
  if (add === undefined || path === undefined) return undefined;
  return (aliases) => addAlias(aliases, { name: add, path }, place);
}

function warnOfOrphans(name: string, aliases: Aliases, { stderr }: Pick<Context, 'stderr'>): void {
  const orphans = dependentAliases(aliases, name);
  if (orphans.length === 0) return;
  stderr.write(`warning: ${orphans.join(', ')} cannot be used until ${name} is added again.\n`);
}

function print(aliases: Aliases, json: boolean, context: Context): void {
  const { stdout } = context;
  const rows = Object.entries(aliases).map(([name, path]) => ({
    name,
    path,
    ...targetOf(name, aliases, context),
  }));
  if (json) {
    stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  const lines = tableLines(
    rows.map((row) => [row.name, ...('problem' in row ? [row.path, row.problem] : leads(row))]),
    stdout.columns,
  );
  for (const line of lines) stdout.write(`${line}\n`);
  if (rows.length === 0) stdout.write('No aliases. To add one, run: civitconfig alias --add <name> <path>\n');
}

/** The folder in the end, and what is stored where that is something else. */
function leads({ path, target }: { readonly path: string; readonly target: string }): readonly string[] {
  return path === target ? [target] : [target, path];
}

/** Where an alias leads; a broken one, as only a changed file can hold, must not keep the others from being listed. */
function targetOf(
  name: string,
  aliases: Aliases,
  place: PathContext,
): { readonly target: string } | { readonly problem: string } {
  try {
    return { target: resolveAlias(name, aliases, place) };
  } catch (error) {
    if (error instanceof UsageError) return { problem: error.message };
    throw error;
  }
}
