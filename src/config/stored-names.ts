import { readTextIfExists } from '../disk/files.js';
import type { Aliases } from './alias.js';

/** What completion needs of the configuration. */
export interface StoredNames {
  readonly aliases: Aliases;
  /** Descriptions or templates by name. */
  readonly sorters: Readonly<Record<string, string>>;
}

/**
 * Reads the names in the configuration without the schema, whose library takes longer to load than everything else in
 * completion. Leaves out what cannot be read: nobody reads an error after the Tab key.
 */
export function readStoredNames(path: string): StoredNames {
  const { aliases, sorters } = readFields(path);
  return { aliases: textsOf(aliases, asText), sorters: textsOf(sorters, sorterText) };
}

function readFields(path: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(readTextIfExists(path)?.replace(/^\ufeff/, '') ?? '{}');
    return isRecord(json) ? json : {};
  } catch {
    return {};
  }
}

function textsOf(
  fields: unknown,
  toText: (value: unknown) => string | undefined,
): Readonly<Record<string, string>> {
  const entries = Object.entries(isRecord(fields) ? fields : {});
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const text = toText(value);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function sorterText(sorter: unknown): string | undefined {
  if (!isRecord(sorter)) return undefined;
  return asText(sorter.template) ?? asText(sorter.description) ?? '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
