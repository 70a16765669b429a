import { ConfigError, UsageError } from '../errors.js';
import { mergeOptions, optionNames, type PartialOptions } from '../options.js';
import { stripControlChars } from '../text.js';
import { type Aliases, type PathContext, resolveAlias } from './alias.js';
import type { Files } from './archive.js';
import { readSettingsFiles } from './archive.js';
import { readConfig } from './config.js';
import { readPythonConfig } from './python-config.js';
import { type Config, EMPTY_CONFIG, isPythonConfig, parseConfig, parseJson } from './schema.js';

/** Settings from elsewhere. */
export interface Import {
  readonly config: Config;
  /** What can't be brought in, or not as it is, in words. */
  readonly notes: readonly string[];
  /** The files of the added sorters, by the names that the configuration has for them. */
  readonly sorterFiles: Files;
}

/**
 * Reads settings: a zip file of `civitconfig settings --download`, a folder, or a `config.json`, ours or the Python tool's.
 * @throws ConfigError when they can't be understood, FileSystemError when they can't be read
 */
export async function readImport(path: string, home: string): Promise<Import> {
  const files = await readSettingsFiles(path);
  const text = Buffer.from(files.get('config.json') ?? []).toString('utf8');
  const json = parseJson(text, path);
  if (isPythonConfig(json)) return { ...readPythonConfig(json, path, home), sorterFiles: new Map() };
  const config = parseConfig(text, path);
  const sorterFiles = new Map<string, Uint8Array>();
  const missing = new Set<string>();
  for (const [name, sorter] of Object.entries(config.sorters)) {
    if (!('file' in sorter)) continue;
    const content = files.get(`sorters/${sorter.file}`);
    if (content) sorterFiles.set(sorter.file, content);
    else missing.add(name);
  }
  const notes = [...missing].map(
    (name) => `the sorter ${stripControlChars(name)} is left out: its file is missing`,
  );
  return { config: withoutSorters(config, missing), notes, sorterFiles };
}

/** A default sorter that is one of them goes, too. */
function withoutSorters(config: Config, names: ReadonlySet<string>): Config {
  const { sorter, ...defaults } = config.defaults;
  const sorters = Object.entries(config.sorters).filter(([name]) => !names.has(name));
  return {
    ...config,
    defaults: sorter !== undefined && names.has(sorter) ? defaults : config.defaults,
    sorters: Object.fromEntries(sorters),
  };
}

/** What settings from elsewhere are to be merged into. */
export interface Replaceable {
  readonly config: Config;
  /** Whether the Python tool's configuration is in its place. It counts as none, since it can only be replaced. */
  readonly isPython: boolean;
}

/** @throws what `readConfig` throws, but for the Python tool's configuration */
export async function readReplaceable(path: string): Promise<Replaceable> {
  try {
    return { config: await readConfig(path), isPython: false };
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'python-config')
      return { config: EMPTY_CONFIG, isPython: true };
    throw error;
  }
}

/**
 * Both together; where they differ, what comes from elsewhere wins. A default that is none of the user's own is not
 * stored, and aliases that would lead nowhere are left out, and told.
 */
export function mergeImport(
  current: Config,
  { config, notes }: Import,
  place: PathContext,
): { readonly config: Config; readonly notes: readonly string[] } {
  const { aliases, problems } = usableAliases(current.aliases, config.aliases, place);
  const merged = {
    apiKey: config.apiKey ?? current.apiKey,
    defaults: { ...current.defaults, ...changed(current.defaults, config.defaults) },
    aliases,
    sorters: { ...current.sorters, ...config.sorters },
  };
  return { config: merged, notes: [...notes, ...problems] };
}

function changed(current: PartialOptions, added: PartialOptions): PartialOptions {
  const before = mergeOptions(current);
  return Object.fromEntries(
    optionNames
      .filter((name) => added[name] !== undefined && added[name] !== before[name])
      .map((name) => [name, added[name]]),
  );
}

function usableAliases(
  current: Aliases,
  added: Aliases,
  place: PathContext,
): { readonly aliases: Aliases; readonly problems: readonly string[] } {
  const all = { ...current, ...added };
  const problems: string[] = [];
  const usable = Object.entries(added).filter(([name]) => {
    try {
      resolveAlias(name, all, place);
      return true;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(`the alias ${name} is left out: ${error.message.replace(/\.$/, '')}`);
      return false;
    }
  });
  return { aliases: { ...current, ...Object.fromEntries(usable) }, problems };
}
