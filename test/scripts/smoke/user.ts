import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { openTerminal } from '../../harness/pseudo-terminal.js';

/** The end of a command. */
export interface Ended {
  readonly status: number | null;
  /** The output of both streams. */
  readonly output: string;
}

export interface RunOptions {
  /** Standard input, empty by default. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Variables of npm that describe the package of a running script. */
const OF_NPM =
  /^(npm_(package|lifecycle|command|config_local_prefix|config_prefix|config_loglevel)|INIT_CWD)/;

/** A user with a tarball in an otherwise empty folder, and with an empty npm cache. */
export class User {
  readonly #folder: string;
  readonly #tarball: string;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(folder: string, tarball: string, baseUrl: string) {
    this.#folder = folder;
    this.#tarball = `./${tarball}`;
    const inherited = Object.entries(process.env).filter(
      ([name]) => !OF_NPM.test(name) && !name.startsWith('CIVIT'),
    );
    this.#env = {
      ...Object.fromEntries(inherited),
      CIVITAI_BASE_URL: baseUrl,
      CIVITDL_CONFIG_DIR: join(folder, 'config'),
      CIVITDL_CACHE_DIR: join(folder, 'cache'),
      npm_config_cache: join(folder, 'npm'),
      npm_config_update_notifier: 'false',
    };
  }

  /** Installs the package into a folder of its own. */
  install(): Promise<Ended> {
    return this.#start('npm', ['install', '--prefix', join(this.#folder, 'installed'), this.#tarball]);
  }

  /** Runs `civitdl`, the default command of the package. */
  civitdl(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return this.#run([this.#tarball, ...args], options);
  }

  civitconfig(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return this.#run(['--package', this.#tarball, '--', 'civitconfig', ...args], options);
  }

  /** Runs `civitdl` in a pseudo-terminal. */
  async civitdlInTerminal(
    args: readonly string[],
    answers: Readonly<Record<string, string>>,
  ): Promise<Ended> {
    const terminal = openTerminal('npx', ['--yes', this.#tarball, ...args], {
      cwd: this.#folder,
      env: this.#env,
      answers,
    });
    const status = await terminal.ended;
    return { status, output: terminal.output };
  }

  /** Returns the SHA256 of the downloaded model file; undefined if missing. */
  async downloadedSha256(): Promise<string | undefined> {
    const models = join(this.#folder, 'models');
    const names = await readdir(models, { recursive: true }).catch(() => []);
    const [file, ...others] = names.filter((name) => name.endsWith('.safetensors'));
    if (others.length > 0) throw new Error(`There are more files than one: ${names.join(', ')}.`);
    return (
      file &&
      createHash('sha256')
        .update(await readFile(join(models, file)))
        .digest('hex')
    );
  }

  /** Removes downloads, settings and the cache. */
  async reset(): Promise<void> {
    for (const name of ['models', 'config', 'cache'])
      await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  #run(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return this.#start('npx', ['--yes', ...args], options);
  }

  async #start(
    program: string,
    args: readonly string[],
    { input = '', env = {} }: RunOptions = {},
  ): Promise<Ended> {
    const child = spawn(program, args, { cwd: this.#folder, env: { ...this.#env, ...env } });
    child.stdin.end(input);
    const [out, err, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { status, output: out + err };
  }
}
