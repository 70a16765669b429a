import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { TestContext } from 'vitest';

/** The folder of one test, for everything that the commands write. It is removed when the test ends. */
export interface Sandbox {
  readonly dir: string;
  /** The environment of the commands, without the settings of the user who runs the tests. */
  readonly env: Record<string, string>;
  /** The path of the configuration file. */
  readonly config: string;
  path(...parts: string[]): string;
  write(name: string, content: string | Uint8Array): Promise<string>;
  read(name: string): Promise<Buffer>;
  /** Lists all files below a folder, relative to it and sorted. */
  tree(name?: string): Promise<string[]>;
  /** Removes everything that a test has left in it. */
  clear(): Promise<void>;
}

export interface SandboxOptions {
  /** The URL that the commands take for Civitai's. */
  readonly baseUrl: string;
  /** The folder to make it in. */
  readonly parent: string;
  readonly onTestFinished: TestContext['onTestFinished'];
}

export async function createSandbox({ baseUrl, parent, onTestFinished }: SandboxOptions): Promise<Sandbox> {
  const dir = await mkdtemp(join(parent, 'civitdl-test-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const path = (...parts: string[]) => join(dir, ...parts);
  await mkdir(path('home'));
  return {
    dir,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: path('home'),
      CIVITAI_BASE_URL: baseUrl,
      CIVITDL_CONFIG_DIR: path('config'),
      CIVITDL_CACHE_DIR: path('cache'),
    },
    config: path('config', 'config.json'),
    path,
    write: async (name, content) => {
      await mkdir(dirname(path(name)), { recursive: true });
      await writeFile(path(name), content);
      return path(name);
    },
    read: (name) => readFile(path(name)),
    tree: async (name = 'models') => {
      const entries = await readdir(path(name), { recursive: true, withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => relative(path(name), join(entry.parentPath, entry.name)))
        .sort();
    },
    clear: async () => {
      for (const name of await readdir(dir)) await rm(path(name), { recursive: true });
      await mkdir(path('home'));
    },
  };
}
