import { chmod, stat, symlink } from 'node:fs/promises';
import { delimiter } from 'node:path';
import type { Civitai } from '../fake-civitai/civitai.js';
import { appRoots, makeEntries } from '../harness/app-roots.js';
import { binary } from '../harness/command.js';
import { openTerminal } from '../harness/pseudo-terminal.js';
import type { Sandbox } from '../harness/sandbox.js';
import { type Block, repository } from './page.js';
import { pathsOf } from './tree.js';

/** Time for one block, which may wait for an answer in vain. */
const TIMEOUT_MS = 60_000;
const CTRL_C = '\x03';

/** The marks of blocks. */
export const MARKS: readonly string[] = ['not-run', 'status', 'output', 'files', 'file', 'message'];

/**
 * Runs the examples of a page, block by block, in a terminal.
 *
 * - `sh` is run by a shell, where prompts get the key or a yes. With `status=3`, it must end with this status. With
 *   `not-run`, it is left out.
 * - `text output` is part of the output of the block before. `…` matches anything.
 * - `text files` is a tree of files that must exist: folders end with `/`, two spaces before a remark.
 * - `text message=NAME` is a message that an own test causes.
 * - A block of any language with `file=NAME` is written to this file.
 */
export class ExampleRunner {
  readonly #sandbox: Sandbox;
  readonly #civitai: Civitai;
  #shown = '';

  private constructor(sandbox: Sandbox, civitai: Civitai) {
    this.#sandbox = sandbox;
    this.#civitai = civitai;
  }

  /** Installs the commands, a password manager `pass` with the key, and ComfyUI in the home folder. */
  static async create(sandbox: Sandbox, civitai: Civitai): Promise<ExampleRunner> {
    const programs = {
      'node_modules/.bin/civitdl': `exec '${process.execPath}' '${binary('civitdl')}' "$@"`,
      'node_modules/.bin/civitconfig': `exec '${process.execPath}' '${binary('civitconfig')}' "$@"`,
      'bin/pass': `[ "$*" = 'show civitai' ] && echo ${civitai.goodKey}`,
    };
    for (const [name, command] of Object.entries(programs))
      await chmod(await sandbox.write(name, `#!/bin/sh\n${command}\n`), 0o755);
    await sandbox.write('work/.keep', '');
    makeEntries(sandbox.path('home/ComfyUI'), appRoots.ComfyUI);
    // For examples that use the library.
    await symlink(repository, sandbox.path('node_modules/civitdl'));
    return new ExampleRunner(sandbox, civitai);
  }

  /** @throws if the example does not do what the page says */
  async run({ language, marks, text }: Block): Promise<void> {
    const file = marks.get('file');
    if (file !== undefined) await this.#sandbox.write(`work/${file}`, `${text}\n`);
    else if (language === 'sh' && !marks.has('not-run'))
      await this.#type(text, Number(marks.get('status') ?? 0));
    else if (marks.has('output')) this.#expectShown(text);
    else if (marks.has('files')) await this.#expectFiles(text);
  }

  async #type(script: string, expected: number): Promise<void> {
    const { CIVITDL_CONFIG_DIR: _config, CIVITDL_CACHE_DIR: _cache, ...env } = this.#sandbox.env;
    const terminal = openTerminal('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: this.#sandbox.path('work'),
      env: {
        ...env,
        PATH: [this.#sandbox.path('node_modules/.bin'), this.#sandbox.path('bin'), env.PATH].join(delimiter),
        // npx finds the commands in the folder.
        npm_config_offline: 'true',
        npm_config_update_notifier: 'false',
      },
      columns: 100,
      answers: { 'Civitai API key:': this.#civitai.goodKey, '[y/N]': 'y' },
    });
    const timer = setTimeout(() => terminal.type(CTRL_C), TIMEOUT_MS);
    const status = await terminal.ended.finally(() => clearTimeout(timer));
    this.#shown = terminal.text;
    if (status !== expected)
      throw new Error(`Status ${status}, not ${expected}, after\n${script}\n${this.#shown}`);
  }

  #expectShown(wanted: string): void {
    let end = 0;
    for (const part of wanted.split(/…|\n/).map((text) => text.trim())) {
      const start = this.#shown.indexOf(part, end);
      if (start < 0) throw new Error(`The page shows '${part}', but there is\n${this.#shown}`);
      end = start + part.length;
    }
  }

  async #expectFiles(tree: string): Promise<void> {
    for (const path of pathsOf(tree)) await stat(this.#sandbox.path('work', path));
  }
}
