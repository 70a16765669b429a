import { join, resolve } from 'node:path';
import { isDirectory } from '../disk/files.js';
import { expandHome } from '../disk/paths.js';
import { UsageError } from '../errors.js';
import { stripControlChars } from '../text.js';

/** Paths by name. A name starts with `@`; a path is absolute, or starts with another alias. */
export type Aliases = Readonly<Record<string, string>>;

/** What a path is relative to. */
export interface PathContext {
  readonly cwd: string;
  readonly home: string;
}

export function isAliasName(text: string): boolean {
  return /^@[^/\\]+$/.test(text) && stripControlChars(text) === text;
}

/**
 * The name of an alias as it is used: with an `@` in front, whether it was typed or not.
 * @throws UsageError when it can be none
 */
export function toAliasName(text: string): string {
  const name = text.startsWith('@') ? text : `@${text}`;
  if (isAliasName(name)) return name;
  throw new UsageError(
    'usage',
    `'${stripControlChars(text)}' can't be the name of an alias: it must not be empty, have a / or \\ in it, or characters that can't be seen.`,
  );
}

/**
 * The aliases with one more. A path that starts with an alias stays relative to it, any other becomes absolute.
 * @param typed the new one's name and path
 * @throws UsageError when the name is taken or none, when the path starts with what is no alias, or when it leads in a circle
 */
export async function addAlias(
  aliases: Aliases,
  typed: { readonly name: string; readonly path: string },
  place: PathContext,
): Promise<Aliases> {
  const name = toAliasName(typed.name);
  const path = await storedPath(typed.path, name, aliases, place);
  const taken = aliases[name];
  if (taken !== undefined && taken !== path) {
    throw new UsageError('usage', `There is an alias ${name} already: it stands for ${taken}.`);
  }
  const added = { ...aliases, [name]: path };
  resolveAlias(name, added, place);
  return added;
}

async function storedPath(path: string, name: string, aliases: Aliases, place: PathContext): Promise<string> {
  if (path === '') throw new UsageError('usage', `The path of the alias ${name} is missing.`);
  const { head } = splitPath(path);
  const isAlias = head !== undefined && (head === name || aliases[head] !== undefined);
  return isAlias ? path : expandPath(path, aliases, place);
}

/**
 * The aliases without one.
 * @throws UsageError when there is no such
 */
export function deleteAlias(aliases: Aliases, typed: string): Aliases {
  const name = toAliasName(typed);
  if (aliases[name] === undefined)
    throw new UsageError('usage', `There is no alias ${name}; ${known(aliases)}.`);
  const { [name]: _, ...rest } = aliases;
  return rest;
}

/** The names of the aliases whose paths start with this one. */
export function dependentAliases(aliases: Aliases, name: string): readonly string[] {
  return Object.keys(aliases).filter((other) => splitPath(aliases[other] ?? '').head === name);
}

/**
 * An absolute path: its first part may be an alias or `~`.
 * @throws UsageError when the first part starts with `@` and is neither an alias nor a folder, or leads in a circle
 */
export async function expandPath(path: string, aliases: Aliases, place: PathContext): Promise<string> {
  const { head, rest } = splitPath(path);
  if (head === undefined) return resolve(place.cwd, expandHome(path, place.home));
  if (aliases[head] !== undefined) return join(resolveAlias(head, aliases, place), rest);
  const folder = resolve(place.cwd, head);
  if (isDirectory(folder)) return join(folder, rest);
  throw new UsageError('usage', `${head} is neither an alias nor a folder here; ${known(aliases)}.`);
}

/**
 * Where an alias leads, as an absolute path.
 * @throws UsageError when it leads in a circle, or to an alias that is none
 */
export function resolveAlias(name: string, aliases: Aliases, place: PathContext): string {
  return follow(name, aliases, place, []);
}

function follow(name: string, aliases: Aliases, place: PathContext, chain: readonly string[]): string {
  const steps = [...chain, name];
  if (chain.includes(name))
    throw new UsageError('usage', `The alias ${chain[0]} leads in a circle: ${steps.join(' → ')}.`);
  const path = aliases[name];
  if (path === undefined)
    throw new UsageError('usage', `The alias ${chain[0]} leads to ${name}, which is no alias.`);
  const { head, rest } = splitPath(path);
  if (head === undefined) return resolve(place.cwd, expandHome(path, place.home));
  return join(follow(head, aliases, place, steps), rest);
}

/** The first part of a path where it could be an alias. */
function splitPath(path: string): { readonly head?: string; readonly rest: string } {
  const { head, rest = '' } = /^(?<head>@[^/\\]+)(?<rest>[/\\].*)?$/s.exec(path)?.groups ?? {};
  return head === undefined ? { rest: path } : { head, rest };
}

function known(aliases: Aliases): string {
  const names = Object.keys(aliases);
  return names.length > 0 ? `the aliases are ${names.join(', ')}` : 'there are no aliases';
}
