import {
  type Aliases,
  addAlias,
  deleteAlias,
  dependentAliases,
  needsAlias,
  type PathContext,
  parseAliasName,
  resolveAlias,
} from '../../config/alias.js';
import { readConfig, updateConfig } from '../../config/config.js';
import type { Config } from '../../config/schema.js';
import { UsageError } from '../../errors.js';
import { type Context, configLocking, configPath, type Output } from '../context.js';
import { printJson, printLines } from '../print.js';
import { tableLines } from '../terminal/table.js';

/** Options of `civitconfig alias`, which without `add` and `remove` only lists. */
export interface AliasOptions {
  readonly add: string | undefined;
  readonly remove: string | undefined;
  /** The path of the alias to add. */
  readonly path: string | undefined;
  readonly json: boolean;
}

type Change = (aliases: Aliases) => Aliases | Promise<Aliases>;

/**
 * Adds or deletes an alias if asked to, and prints all aliases.
 * @throws UsageError if a name or a path is invalid
 */
export async function runAlias(options: AliasOptions, context: Context): Promise<void> {
  const change = parseChange(options, context);
  const path = await configPath(context);
  const config = change
    ? await updateConfig(
        path,
        async (stored) => ({ ...stored, aliases: await change(stored.aliases) }),
        configLocking(context),
      )
    : await readConfig(path);
  if (options.remove !== undefined) warnOfDependents(parseAliasName(options.remove), config, context.stderr);
  printAliases(config.aliases, options.json, context);
}

function parseChange({ add, remove, path }: AliasOptions, context: PathContext): Change | undefined {
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
  return (aliases) => addAlias(aliases, { name: add, path }, context);
}

function warnOfDependents(name: string, { aliases, rootDir }: Config, stderr: Output): void {
  const dependents = dependentAliases(aliases, name);
  if (dependents.length > 0)
    stderr.write(`warning: ${dependents.join(', ')} cannot be used until ${name} is added again.\n`);
  if (rootDir !== undefined && needsAlias(rootDir, name, aliases))
    stderr.write(
      `warning: The stored root directory ${rootDir} cannot be used until ${name} is added again. To store another one, run: civitconfig default --root-dir <path>\n`,
    );
}

function printAliases(aliases: Aliases, json: boolean, context: Context): void {
  const { stdout } = context;
  const rows = Object.entries(aliases).map(([name, path]) => ({
    name,
    path,
    ...resolveTarget(name, aliases, context),
  }));
  if (json) {
    printJson(stdout, rows);
    return;
  }
  const cells = rows.map(({ name, path, ...resolved }) => {
    if ('problem' in resolved) return [name, path, resolved.problem];
    return resolved.target === path ? [name, path] : [name, resolved.target, path];
  });
  printLines(stdout, tableLines(cells, stdout.columns));
  if (rows.length === 0) stdout.write('No aliases. To add one, run: civitconfig alias --add <name> <path>\n');
}

/** A broken alias, which only an edited file can contain, must not keep the others from being listed. */
function resolveTarget(
  name: string,
  aliases: Aliases,
  context: PathContext,
): { readonly target: string } | { readonly problem: string } {
  try {
    return { target: resolveAlias(name, aliases, context) };
  } catch (error) {
    if (error instanceof UsageError) return { problem: error.message };
    throw error;
  }
}
