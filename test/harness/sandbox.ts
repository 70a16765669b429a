import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';

/** A folder of its own for one test, with room for everything that the commands write. It goes when the test ends. */
export interface Sandbox {
  readonly dir: string;
  /** An environment that knows nothing of the user who runs the tests. */
  readonly env: Record<string, string>;
  /** Path of the configuration. */
  readonly config: string;
  path(...parts: string[]): string;
  write(name: string, content: string | Uint8Array): Promise<string>;
  read(name: string): Promise<Buffer>;
  /** All files below a folder, relative to it, in order. */
  tree(name?: string): Promise<string[]>;
}

/**
 * @param baseUrl what the commands take for Civitai
 * @param finished of the test's own context, where tests run concurrently
 */
export async function sandbox(
  baseUrl: string,
  finished: TestContext['onTestFinished'] = onTestFinished,
): Promise<Sandbox> {
  const dir = await mkdtemp(join(tmpdir(), 'civitdl-test-'));
  finished(() => rm(dir, { recursive: true, force: true }));
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
  };
}
