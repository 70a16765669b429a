import { join } from 'node:path';
import { isDirectory } from '../disk/files.js';
import { absolutePath, type BaseFolders } from '../disk/paths.js';
import { UsageError } from '../errors.js';
import { stripControlChars } from '../text.js';

/** Paths by name. A name starts with `@`; a path is absolute, or starts with another alias or `~`. */
export type Aliases = Readonly<Record<string, string>>;

export type PathContext = BaseFolders;

export function isAliasName(text: string): boolean {
  return /^@[^/\\]+$/.test(text) && stripControlChars(text) === text;
}

/** Returns the name of an alias, typed with or without its `@`. */
export function parseAliasName(text: string): string {
  const name = text.startsWith('@') ? text : `@${text}`;
  if (isAliasName(name)) return name;
  throw new UsageError(
    'usage',
    `'${stripControlChars(text)}' is not a valid alias name. It must not be empty, nor contain /, \\ or invisible characters.`,
  );
}

/**
 * Adds an alias. A path that starts with an alias remains relative to it, any other becomes absolute.
 * @throws UsageError when name or path are not valid, or the name already exists
 */
export async function addAlias(
  aliases: Aliases,
  typed: { readonly name: string; readonly path: string },
  context: PathContext,
): Promise<Aliases> {
  const name = parseAliasName(typed.name);
  if (typed.path === '') throw new UsageError('usage', `The path of the alias ${name} is missing.`);
  const { alias } = splitPath(typed.path);
  // An alias of itself is told as such below.
  const path = alias === name ? typed.path : await toStoredPath(typed.path, aliases, context);
  const existing = aliases[name];
  if (existing !== undefined && existing !== path)
    throw new UsageError('usage', `The alias ${name} already exists. It refers to ${existing}.`);
  const added = { ...aliases, [name]: path };
  resolveAlias(name, added, context);
  return added;
}

/**
 * Returns a path that means the same from any folder. One that starts with an alias remains relative to it.
 * @throws UsageError when the alias does not exist, and is not a folder either
 */
export async function toStoredPath(path: string, aliases: Aliases, context: PathContext): Promise<string> {
  const { alias } = splitPath(path);
  return alias !== undefined && aliases[alias] !== undefined ? path : expandPath(path, aliases, context);
}

/** @throws UsageError when the alias does not exist */
export function deleteAlias(aliases: Aliases, typed: string): Aliases {
  const name = parseAliasName(typed);
  if (aliases[name] === undefined)
    throw new UsageError('usage', `The alias ${name} does not exist. ${describeAliases(aliases)}`);
  const { [name]: _, ...remaining } = aliases;
  return remaining;
}

/** Returns the other aliases that need this one, also by way of others. */
export function dependentAliases(aliases: Aliases, name: string): readonly string[] {
  return Object.keys(aliases).filter((other) => other !== name && needsAlias(other, name, aliases));
}

/** Whether a path starts with an alias, or with another one that needs it. */
export function needsAlias(path: string, name: string, aliases: Aliases): boolean {
  const seen = new Set<string>();
  for (let { alias } = splitPath(path); alias !== undefined; alias = splitPath(aliases[alias] ?? '').alias) {
    if (alias === name) return true;
    // An edited file can contain a circle.
    if (seen.has(alias)) return false;
    seen.add(alias);
  }
  return false;
}

/**
 * Returns an absolute path for one that may start with an alias or `~`.
 * @throws UsageError when the alias cannot be resolved, and is not a folder either
 */
export async function expandPath(path: string, aliases: Aliases, context: PathContext): Promise<string> {
  const { alias, subpath } = splitPath(path);
  if (alias === undefined) return absolutePath(path, context);
  if (aliases[alias] !== undefined) return join(resolveAlias(alias, aliases, context), subpath);
  const folder = absolutePath(alias, context);
  if (isDirectory(folder)) return join(folder, subpath);
  throw new UsageError(
    'usage',
    `${alias} is neither an alias nor a folder here. ${describeAliases(aliases)}`,
  );
}

/** @throws UsageError when the alias refers to itself, or to a missing one */
export function resolveAlias(name: string, aliases: Aliases, context: PathContext): string {
  return resolveChain(name, aliases, context, []);
}

function resolveChain(
  name: string,
  aliases: Aliases,
  context: PathContext,
  previous: readonly string[],
): string {
  const chain = [...previous, name];
  if (previous.includes(name))
    throw new UsageError('usage', `The alias ${chain[0]} refers to itself: ${chain.join(' → ')}.`);
  const path = aliases[name];
  if (path === undefined)
    throw new UsageError('usage', `The alias ${chain[0]} refers to ${name}, which does not exist.`);
  const { alias, subpath } = splitPath(path);
  if (alias === undefined) return absolutePath(path, context);
  return join(resolveChain(alias, aliases, context, chain), subpath);
}

function splitPath(path: string): { readonly alias?: string; readonly subpath: string } {
  const { alias, subpath = '' } = /^(?<alias>@[^/\\]+)(?<subpath>[/\\].*)?$/s.exec(path)?.groups ?? {};
  return alias === undefined ? { subpath: path } : { alias, subpath };
}

function describeAliases(aliases: Aliases): string {
  const names = Object.keys(aliases);
  return names.length > 0 ? `Existing aliases: ${names.join(', ')}.` : 'No aliases exist.';
}
