import { join } from 'node:path';

/** Where everything lies that `civitconfig` keeps. */
export interface ConfigPaths {
  readonly config: string;
  /** Folder of the added sorters' files. */
  readonly sorters: string;
  /** Folder with a folder for each configuration that was replaced. */
  readonly trash: string;
}

/** @param directory of the configuration */
export function configPaths(directory: string): ConfigPaths {
  return {
    config: join(directory, 'config.json'),
    sorters: join(directory, 'sorters'),
    trash: join(directory, 'trash'),
  };
}
