import { ConfigError } from '../errors.js';

/** Of the format of the configuration that is written now. */
export const VERSION = 2;

type Json = Readonly<Record<string, unknown>>;

/** How a configuration of an earlier version becomes one of the next, by the earlier one's number. */
const migrations: Readonly<Record<number, (config: Json) => Json>> = {
  // The second one has aliases and added sorters besides.
  1: (config) => ({ ...config, version: 2 }),
};

/**
 * A configuration of an earlier version as one of this version; whether it is a good one is not checked.
 * @param path of its file, for the message
 * @throws ConfigError `newer-config` when it is of a later version
 */
export function migrate(config: unknown, path: string): unknown {
  if (typeof config !== 'object' || config === null || !('version' in config)) return config;
  const { version } = config;
  if (typeof version !== 'number' || version === VERSION) return config;
  if (version > VERSION) {
    throw new ConfigError(
      'newer-config',
      `The configuration ${path} is of version ${version}, written by a newer civitdl; this one knows version ${VERSION}.`,
    );
  }
  const step = migrations[version];
  return step ? migrate(step({ ...config }), path) : config;
}
