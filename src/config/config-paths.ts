import { join } from 'node:path';

export interface ConfigPaths {
  readonly config: string;
  /** Folder of the files of added sorters. */
  readonly sorters: string;
  /** Has a folder for each replaced configuration. */
  readonly trash: string;
}

/** Returns the paths of everything that `civitconfig` stores in a folder. */
export function configPaths(directory: string): ConfigPaths {
  return {
    config: join(directory, 'config.json'),
    sorters: join(directory, 'sorters'),
    trash: join(directory, 'trash'),
  };
}
