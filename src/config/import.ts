import { ConfigError, UsageError } from '../errors.js';
import { mergeOptions, optionNames, type PartialOptions } from '../options/options.js';
import { stripControlChars } from '../text.js';
import { type Aliases, type PathContext, resolveAlias } from './alias.js';
import { type FileContents, readArchive } from './archive.js';
import { readConfig } from './config.js';
import { type ImportedConfig, parsePythonConfig } from './python-config.js';
import { type Config, EMPTY_CONFIG, isPythonConfig, parseConfig, parseJson } from './schema.js';

export interface ImportedSettings extends ImportedConfig {
  /** Files of the added sorters, by the names that the configuration has for them. */
  readonly sorterFiles: FileContents;
}

/**
 * Reads settings from a zip file, a folder, or a `config.json` of this or the Python civitdl.
 * @throws ConfigError, FileSystemError
 */
export async function readImport(path: string, home: string): Promise<ImportedSettings> {
  const files = await readArchive(path);
  const text = Buffer.from(files.get('config.json') ?? []).toString('utf8');
  const json = parseJson(text, path);
  if (isPythonConfig(json)) return { ...parsePythonConfig(json, path, home), sorterFiles: new Map() };
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
    (name) => `the sorter ${stripControlChars(name)} is skipped: its file is missing`,
  );
  return { config: removeSorters(config, missing), notes, sorterFiles };
}

function removeSorters(config: Config, names: ReadonlySet<string>): Config {
  const { sorter, ...defaults } = config.defaults;
  const sorters = Object.entries(config.sorters).filter(([name]) => !names.has(name));
  return {
    ...config,
    defaults: sorter !== undefined && names.has(sorter) ? defaults : config.defaults,
    sorters: Object.fromEntries(sorters),
  };
}

export interface CurrentConfig {
  readonly config: Config;
  /** Whether the file is one of the Python civitdl, which counts as empty and is replaced. */
  readonly isPython: boolean;
}

/** @throws ConfigError, FileSystemError */
export async function readCurrentConfig(path: string): Promise<CurrentConfig> {
  try {
    return { config: await readConfig(path), isPython: false };
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'python-config')
      return { config: EMPTY_CONFIG, isPython: true };
    throw error;
  }
}

/** Merges imported settings into the current ones; imported values take precedence. */
export function mergeImport(current: Config, imported: ImportedConfig, context: PathContext): ImportedConfig {
  const { config, notes } = imported;
  const { aliases, problems } = mergeAliases(current.aliases, config.aliases, context);
  const merged = {
    apiKey: config.apiKey ?? current.apiKey,
    rootDir: config.rootDir ?? current.rootDir,
    defaults: { ...current.defaults, ...changedDefaults(current.defaults, config.defaults) },
    aliases,
    sorters: { ...current.sorters, ...config.sorters },
  };
  return { config: merged, notes: [...notes, ...problems] };
}

/** Values that are already in effect are not stored. */
function changedDefaults(current: PartialOptions, imported: PartialOptions): PartialOptions {
  const effective = mergeOptions(current);
  return Object.fromEntries(
    optionNames
      .filter((name) => imported[name] !== undefined && imported[name] !== effective[name])
      .map((name) => [name, imported[name]]),
  );
}

function mergeAliases(
  current: Aliases,
  imported: Aliases,
  context: PathContext,
): { readonly aliases: Aliases; readonly problems: readonly string[] } {
  const all = { ...current, ...imported };
  const problems: string[] = [];
  const valid = Object.entries(imported).filter(([name]) => {
    try {
      resolveAlias(name, all, context);
      return true;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(`the alias ${name} is skipped: ${error.message.replace(/\.$/, '')}`);
      return false;
    }
  });
  return { aliases: { ...current, ...Object.fromEntries(valid) }, problems };
}
